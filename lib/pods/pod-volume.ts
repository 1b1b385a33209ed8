import { MIB } from '../common/bytes';
import { CSI_DRIVERS } from '../common/csi-drivers';
import { DnsName } from '../common/dns-name';
import { requireSecretName } from '../common/names';
import { requireProps } from '../common/props';
import { Refusal } from '../common/refusal';
import { wholeNumber } from '../common/whole-number';
import { k8s } from './k8s';

/** Where a container sees a volume. */
export interface PodVolumeOptions {
  /** Name of the volume in the pod: a DNS label. */
  readonly name: string;
  /** Absolute path in the container that nothing else is mounted at, above or below, for example `/etc/plugin`. */
  readonly mountPath: string;
}

/** Which keys of an object become files. */
export interface KeyVolumeOptions extends PodVolumeOptions {
  /**
   * Keys that become files.
   * @default - all
   */
  readonly keys?: readonly string[];
}

/** Options of `PodVolume.configMap`. */
export interface ConfigMapVolumeOptions extends KeyVolumeOptions {
  /** Name of a ConfigMap that exists in the namespace. */
  readonly configMapName: string;
}

/** Options of `PodVolume.secret`. */
export interface SecretVolumeOptions extends KeyVolumeOptions {
  /** Name of a Secret that exists in the namespace. */
  readonly secretName: string;
}

/** Options of `PodVolume.persistentVolumeClaim`. */
export interface ClaimVolumeOptions extends PodVolumeOptions {
  /** Name of a claim that exists in the namespace. */
  readonly claimName: string;
  /**
   * Whether nothing can be written there; what is written has to let several pods in, if there are several.
   * @default true
   */
  readonly readOnly?: boolean;
}

/** Options of `PodVolume.emptyDir`. */
export interface EmptyDirVolumeOptions extends PodVolumeOptions {
  /** MiB of the node's disk, 1 to 1,024, which the container asks for besides what it has. */
  readonly sizeMib: number;
}

/** Options of `PodVolume.csi`. */
export interface CsiVolumeOptions extends PodVolumeOptions {
  /** Name of a CSI driver that makes volumes for a pod alone, for example `secrets-store-gke.csi.k8s.io`. */
  readonly driver: string;
  /**
   * What the driver is told.
   * @default - nothing
   */
  readonly volumeAttributes?: { readonly [name: string]: string };
  /**
   * Whether nothing can be written there.
   * @default true
   */
  readonly readOnly?: boolean;
}

/** What a container has of the system, and what the whole of its image is. */
const OF_THE_SYSTEM = ['/', '/dev', '/proc', '/sys'];

/**
 * Something of one's own that the container of a workload mounts, read-only unless it says otherwise. There is none of the node's own
 * files: Pod Security "restricted", which the namespaces have, allows no `hostPath`.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export class PodVolume {
  /**
   * Files of a ConfigMap.
   *
   * @throws on what is no name, and on a path that is none
   */
  static configMap(options: ConfigMapVolumeOptions): PodVolume {
    const { configMapName: name, keys } = requireProps('ConfigMapVolumeOptions', options, 'PodVolume.configMap');
    return new PodVolume(options, { configMap: { name: requireName('configMapName', name), items: itemsOf(keys) } }, true);
  }

  /**
   * Files of a Secret.
   *
   * @throws on what is no name, and on a path that is none
   */
  static secret(options: SecretVolumeOptions): PodVolume {
    const { secretName: given, keys } = requireProps('SecretVolumeOptions', options, 'PodVolume.secret');
    const secretName = requireSecretName('secretName', given, 'kubectl create secret generic NAME --from-file=FILE');
    return new PodVolume(options, { secret: { secretName, defaultMode: 0o440, items: itemsOf(keys) } }, true);
  }

  /**
   * A disk or a share that a claim stands for.
   *
   * @throws on what is no name, and on a path that is none
   */
  static persistentVolumeClaim(options: ClaimVolumeOptions): PodVolume {
    const { claimName, readOnly = true } = requireProps('ClaimVolumeOptions', options, 'PodVolume.persistentVolumeClaim');
    return new PodVolume(options, { persistentVolumeClaim: { claimName: requireName('claimName', claimName), readOnly } }, readOnly);
  }

  /**
   * An empty directory that goes with the pod; the only one that is always written to.
   *
   * @throws on a size out of its range, and on a path that is none
   */
  static emptyDir(options: EmptyDirVolumeOptions): PodVolume {
    const { sizeMib } = requireProps('EmptyDirVolumeOptions', options, 'PodVolume.emptyDir');
    wholeNumber('sizeMib', sizeMib, 1, 1024);
    return new PodVolume(options, { emptyDir: { sizeLimit: k8s.Quantity.fromString(`${sizeMib}Mi`) } }, undefined, sizeMib * MIB);
  }

  /**
   * What a CSI driver makes for the pod alone.
   *
   * @throws on what is no driver, on the bucket's, whose sidecar only the workload can plan, and on a path that is none
   */
  static csi(options: CsiVolumeOptions): PodVolume {
    const { driver, volumeAttributes, readOnly = true } = requireProps('CsiVolumeOptions', options, 'PodVolume.csi');
    if (driver === CSI_DRIVERS.bucket) {
      throw new Refusal(`'driver' (${driver}) needs a sidecar in the pod, with memory of its own; what a workload keeps in a bucket it mounts by its own`
        + ' props, such as output. For other files of a bucket make a persistent volume of this driver, and take persistentVolumeClaim');
    }
    return new PodVolume(options, { csi: { driver: requireName('driver', driver), readOnly, volumeAttributes } }, readOnly);
  }

  /** The pod's volume. */
  readonly volume: k8s.Volume;
  /** Where the container has it. */
  readonly mount: k8s.VolumeMount;

  private constructor(
    { name, mountPath }: PodVolumeOptions, source: Omit<k8s.Volume, 'name'>, readOnly: boolean | undefined,
    /** @internal Bytes of the node's disk that it may take. */
    readonly diskBytes = 0,
  ) {
    if (!DnsName.LABEL.accepts(name)) {
      throw new Refusal(`'name' of a volume ${DnsName.LABEL.explain(name)}`);
    }
    requireMountPath(mountPath);
    this.volume = { name, ...source };
    this.mount = { name, mountPath, readOnly };
  }
}

function requireName(prop: string, name: string): string {
  if (!DnsName.SUBDOMAIN.accepts(name)) {
    throw new Refusal(`'${prop}' ${DnsName.SUBDOMAIN.explain(name)}`);
  }
  return name;
}

function itemsOf(keys: readonly string[] | undefined): k8s.KeyToPath[] | undefined {
  if (keys?.length === 0) {
    throw new Refusal('\'keys\' is empty, and a volume without files is none; leave it out for all of them');
  }
  return keys?.map((key) => {
    if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key) || /^\.\.?$/.test(key)) {
      throw new Refusal(`'keys' (${key}) must be 1 to 253 letters, digits, '-', '_' and '.'`);
    }
    return { key, path: key };
  });
}

function requireMountPath(path: string): void {
  if ((!/^(\/[^/:\p{Cc}]+)+$/u.test(path) && path !== '/') || path.split('/').some(part => part === '.' || part === '..')) {
    throw new Refusal(`'mountPath' (${JSON.stringify(path)}) must be an absolute path without a slash at its end, without :, . and .., for example /etc/plugin`);
  }
  if (OF_THE_SYSTEM.includes(path) || OF_THE_SYSTEM.slice(1).some(owner => path.startsWith(`${owner}/`))) {
    throw new Refusal(`'mountPath' (${path}) is of the container's system, and would be hidden; take one of your own, for example /etc/plugin`);
  }
}

/**
 * A container that mounts volumes of one's own besides what it has.
 *
 * @throws on a name and a path that the pod has already
 */
export function withVolumes(pod: k8s.PodSpec, volumes: readonly PodVolume[]): k8s.PodSpec {
  const [container, ...others] = pod.containers;
  const names = new Set(pod.volumes?.map(({ name }) => name));
  const mounts = [...container.volumeMounts ?? []];
  for (const { volume: { name }, mount } of volumes) {
    if (names.has(name)) {
      throw new Refusal(`'volumes' (${name}): the pod has a volume of that name already; it has ${[...names].join(', ')}. Take another name`);
    }
    const there = mounts.find(({ mountPath }) => isWithin(mountPath, mount.mountPath) || isWithin(mount.mountPath, mountPath));
    if (there !== undefined) {
      throw new Refusal(`'volumes' (${name}): ${mount.mountPath} meets ${there.mountPath}, where ${there.name} is mounted; one would hide the other.`
        + ' Take another mountPath');
    }
    names.add(name);
    mounts.push(mount);
  }
  return volumes.length === 0 ? pod : {
    ...pod,
    containers: [{ ...container, volumeMounts: mounts, resources: withDisk(container.resources, volumes) }, ...others],
    volumes: [...pod.volumes ?? [], ...volumes.map(({ volume }) => volume)],
  };
}

function isWithin(path: string, folder: string): boolean {
  return `${path}/`.startsWith(`${folder}/`);
}

/** What is written beyond a container's ephemeral storage has its pod evicted. */
function withDisk(resources: k8s.ResourceRequirements | undefined, volumes: readonly PodVolume[]): k8s.ResourceRequirements | undefined {
  const mib = volumes.reduce((sum, { diskBytes }) => sum + diskBytes, 0) / MIB;
  const disk = 'ephemeral-storage';
  const now = resources?.requests?.[disk];
  if (mib === 0 || now === undefined) {
    return resources;
  }
  const [, count, unit] = /^(\d+)(Gi|Mi)$/.exec(`${now.value}`)!;
  const amounts = { [disk]: k8s.Quantity.fromString(`${Number(count) * (unit === 'Gi' ? 1024 : 1) + mib}Mi`) };
  return { ...resources, requests: { ...resources!.requests, ...amounts }, limits: { ...resources!.limits, ...amounts } };
}
