import { MachineType } from '../../lib/catalog';
import { CpuMachine } from '../../lib/catalog/cpu-machine';
import { isFolderGrant } from '../../lib/common/grant';
import { ServiceIdentity } from '../../lib/common/identity';
import { nodeAllocatable } from '../../lib/planning/node-allocatable';
import { BucketPolicy } from './bucket-policy';
import { Block } from './synthesized';
import { Amount, objects, resources, Workload, Worlds } from './worlds';

const ZONE = 'topology.kubernetes.io/zone';
const SUBJECT = 'principal://iam.googleapis.com/projects/${var.project_number}/locations/global/workloadIdentityPools'
  + '/${var.project_id}.svc.id.goog/subject/ns/';
const ADD_ONS: { readonly [driver: string]: string } = {
  'gcsfuse.csi.storage.gke.io': 'gcs_fuse_csi_driver_config',
  'filestore.csi.storage.gke.io': 'gcp_filestore_csi_driver_config',
  'pd.csi.storage.gke.io': 'gce_persistent_disk_csi_driver_config',
};

/** A node pool of the one world as pods of the other see it. */
class Pool {
  readonly name: string;
  readonly zones: string[];
  readonly most: number;
  readonly gpus: number;
  readonly localSsds: number;
  readonly diskTypes: readonly string[];
  readonly taints: Block[];
  readonly allocatable: Amount;
  private readonly labels: Record<string, string>;

  constructor({ name, node_locations: zones, autoscaling, node_config: config }: Block) {
    const [accelerator] = (config.guest_accelerator ?? []) as Block[];
    const machine = accelerator ? MachineType.fromName(config.machine_type, accelerator.count) : CpuMachine.of(config.machine_type);
    this.name = name;
    this.zones = zones;
    this.most = autoscaling.total_max_node_count;
    this.gpus = accelerator?.count ?? 0;
    this.localSsds = config.ephemeral_storage_local_ssd_config?.local_ssd_count ?? 0;
    this.diskTypes = machine.diskTypes;
    this.taints = config.taint ?? [];
    this.allocatable = nodeAllocatable({
      vcpus: machine.vcpus, memoryBytes: machine.memoryBytes, localSsdCount: this.localSsds,
      bootDiskBytes: config.boot_disk.size_gb * 2 ** 30,
    });
    this.labels = {
      'node.kubernetes.io/instance-type': config.machine_type,
      'cloud.google.com/machine-family': config.machine_type.split('-')[0],
      'kubernetes.io/arch': 'amd64', 'kubernetes.io/os': 'linux',
      ...(accelerator && { 'cloud.google.com/gke-accelerator': accelerator.type }),
      ...(this.localSsds > 0 && { 'cloud.google.com/gke-ephemeral-storage-local-ssd': 'true' }),
      ...(config.spot && { 'cloud.google.com/gke-spot': 'true' }),
      ...(config.flex_start && { 'cloud.google.com/gke-flex-start': 'true' }),
      ...config.labels,
    };
  }

  lacks({ demands }: Workload): string[] {
    return demands.filter(([label, values]) => label !== ZONE && !values.includes(this.labels[label]))
      .map(([label, values]) => `${label}=${values.join('|')}`);
  }

  untolerated({ tolerations }: Workload): string[] {
    const tolerated = ({ key, value }: Block) => tolerations.some(toleration =>
      toleration.key === key && (toleration.operator === 'Exists' || toleration.value === value));
    return this.taints.filter(taint => !tolerated(taint)).map(({ key }) => key);
  }

  tooSmallFor(workload: Workload): string[] {
    const { requests } = workload;
    const short = (Object.keys(requests) as (keyof Amount)[]).filter(name => requests[name] > this.allocatable[name]);
    return [...short, ...(workload.gpus > this.gpus ? ['GPUs'] : [])];
  }
}

/** Everything in which the manifests and the cloud do not fit together. */
export function disagreements(worlds: Worlds, identities: readonly ServiceIdentity[]): string[] {
  const pools = resources(worlds, 'google_container_node_pool').map(block => new Pool(block));
  return [
    ...Workload.all(worlds).flatMap(workload => placementFaults(workload, pools, worlds)),
    ...poolFaults(worlds, pools), ...addOnFaults(worlds), ...bucketFaults(worlds), ...identityFaults(worlds, identities),
  ];
}

/** The pool that a workload's pods run on: the smallest that takes them. */
function poolOf(workload: Workload, pools: readonly Pool[]): Pool | undefined {
  return pools.filter(pool => (pool.gpus > 0) === (workload.gpus > 0))
    .filter(pool => [...pool.lacks(workload), ...pool.untolerated(workload), ...pool.tooSmallFor(workload)].length === 0)
    .sort((a, b) => a.gpus - b.gpus || a.localSsds - b.localSsds)[0];
}

function placementFaults(workload: Workload, pools: readonly Pool[], worlds: Worlds): string[] {
  const pool = poolOf(workload, pools);
  if (!pool) {
    const reasons = pools.filter(candidate => (candidate.gpus > 0) === (workload.gpus > 0)).map(candidate => [
      ...candidate.lacks(workload), ...candidate.untolerated(workload).map(key => `${key} not tolerated`),
      ...candidate.tooSmallFor(workload).map(what => `too few ${what}`),
    ]);
    const nearest = reasons.sort((a, b) => a.length - b.length)[0] ?? ['there is none'];
    return [`${workload.id} fits no node pool: ${nearest.join(', ')}`];
  }
  const zones = workload.demands.filter(([label]) => label === ZONE).flatMap(([, values]) => values);
  const diskTypes = workload.volumes.flatMap(({ persistentVolumeClaim: claim }) => claim ? [diskTypeOf(claim.claimName, worlds)] : []);
  return [
    ...zones.filter(zone => !pool.zones.includes(zone)).map(zone => `${workload.id}: its disk is in ${zone}, node pool ${pool.name} is not`),
    ...diskTypes.filter(type => !pool.diskTypes.includes(type)).map(type => `${workload.id}: node pool ${pool.name} attaches no ${type}`),
  ];
}

function diskTypeOf(claim: string, worlds: Worlds): string {
  const { spec } = objects(worlds, 'PersistentVolumeClaim').find(({ metadata }) => metadata.name === claim) ?? { spec: {} };
  const diskClass = objects(worlds, 'StorageClass').find(({ metadata }) => metadata.name === spec.storageClassName);
  return diskClass?.parameters.type ?? `disk of ${claim}, whose class there is not`;
}

/** What autoscalers can ask for together against what the pool ever has. */
function poolFaults(worlds: Worlds, pools: readonly Pool[]): string[] {
  const asked = new Map<Pool, number>();
  for (const { spec } of objects(worlds, 'HorizontalPodAutoscaler')) {
    const workload = Workload.all(worlds).find(({ manifest: { kind, metadata } }) =>
      kind === spec.scaleTargetRef.kind && metadata.name === spec.scaleTargetRef.name);
    const pool = workload && poolOf(workload, pools);
    if (pool) {
      const serversPerNode = Math.floor(pool.gpus / workload.gpus);
      asked.set(pool, (asked.get(pool) ?? 0) + Math.ceil(spec.maxReplicas / serversPerNode));
    }
  }
  return [...asked].filter(([pool, nodes]) => nodes > pool.most)
    .map(([pool, nodes]) => `node pool ${pool.name} has at most ${pool.most} nodes, and the autoscalers can ask for ${nodes}`);
}

function addOnFaults(worlds: Worlds): string[] {
  const [{ addons_config: addOns }] = resources(worlds, 'google_container_cluster');
  const drivers = [
    ...Workload.all(worlds).flatMap(({ volumes }) => volumes.flatMap(({ csi }) => csi ? [csi.driver as string] : [])),
    ...objects(worlds, 'StorageClass').map(({ provisioner }) => provisioner as string),
    ...objects(worlds, 'PersistentVolume').flatMap(({ spec }) => spec.csi ? [spec.csi.driver as string] : []),
  ];
  return [...new Set(drivers)].filter(driver => addOns[ADD_ONS[driver]]?.enabled !== true).map(driver => `the cluster lacks the driver ${driver}`);
}

function bucketFaults(worlds: Worlds): string[] {
  const made = resources(worlds, 'google_storage_bucket').map(({ name }) => name as string);
  const mounted = Workload.all(worlds).flatMap(({ id, volumes }) => volumes.flatMap(({ csi }) => csi?.volumeAttributes?.bucketName
    ? [[id, csi.volumeAttributes.bucketName as string]] : []));
  const named = Workload.all(worlds).flatMap(({ id, spec }) =>
    [...JSON.stringify(spec).matchAll(/gs:\/\/([a-z0-9._-]+)/g)].map(([, bucket]) => [id, bucket]));
  return [...mounted, ...named].filter(([, bucket]) => !made.includes(bucket)).map(([id, bucket]) => `${id} uses the bucket ${bucket}, which is not made`);
}

/** Roles on the project, and accounts that are there; what is granted in buckets is compared by itself. */
function identityFaults(worlds: Worlds, identities: readonly ServiceIdentity[]): string[] {
  const accountOf = (member: string) => member.startsWith(SUBJECT)
    ? /^([^/]+)\/sa\/([^/]+)$/.exec(member.slice(SUBJECT.length))?.slice(1).join('/') : undefined;
  const granted = resources(worlds, 'google_project_iam_member').filter(({ member }) => !member.startsWith('${google_service_account.'))
    .map(({ role, member }) => `${accountOf(member) ?? member} ${role} project`);
  const wanted = identities.flatMap(({ namespace, serviceAccountName, grants }) =>
    grants.flatMap(grant => isFolderGrant(grant) ? [] : `${namespace}/${serviceAccountName} ${grant.role} project`));
  const accounts = objects(worlds, 'ServiceAccount').map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  const named = [
    ...granted.map(grant => grant.split(' ')[0]), ...new BucketPolicy(worlds).accounts,
    ...identities.map(({ namespace, serviceAccountName }) => `${namespace}/${serviceAccountName}`),
  ];
  return [
    ...wanted.filter(grant => !granted.includes(grant)).map(grant => `not granted: ${grant}`),
    ...granted.filter(grant => !wanted.includes(grant)).map(grant => `granted and not wanted: ${grant}`),
    ...[...new Set(named)].filter(account => !accounts.includes(account)).map(account => `no ServiceAccount ${account}`),
  ];
}
