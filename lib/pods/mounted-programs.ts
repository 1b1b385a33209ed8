import { Construct } from 'constructs';
import { digestOf } from '../common/digest';
import { imageFor } from '../common/image-registry';
import { SharedFiles, shareFiles } from '../common/shared-files';
import { k8s } from './k8s';
import { noteImage } from './pod-images';
import { configMapFiles, PodMount } from './pod-mount';
import { PROGRAMS_PATH, ProgramImage } from './program-image';

const VOLUME = 'programs';

export interface MountedProgramsProps {
  /** Name of the workload; the ConfigMap adds `-programs`. */
  readonly name: string;
  readonly labels: { readonly [label: string]: string };
  /** What is mounted; other workloads may have the same. */
  readonly files: SharedFiles;
}

/** Programs as a ConfigMap of the workload's own, and what a pod says to have them. */
export class MountedPrograms extends Construct implements PodMount {
  readonly volume: k8s.Volume;
  readonly mount: k8s.VolumeMount;
  /** Annotations of the pod: a changed program is a new version of it. */
  readonly annotations: { readonly [name: string]: string };

  constructor(scope: Construct, id: string, props: MountedProgramsProps) {
    super(scope, id);
    const name = `${props.name}-programs`;
    const { data } = props.files;
    shareFiles(new k8s.KubeConfigMap(this, 'Resource', { metadata: { name, labels: { ...props.labels } }, data }), props.files);
    ({ volume: this.volume, mount: this.mount } = configMapFiles(name, VOLUME, PROGRAMS_PATH));
    this.annotations = { 'cdk8s-vllm/programs': versionOf(data) };
  }
}

/** Every cell mounts the same programs: their digest is computed once. */
const digests = new WeakMap<object, string>();

function versionOf(data: { readonly [fileName: string]: string }): string {
  const digest = digests.get(data) ?? digestOf(JSON.stringify(data));
  digests.set(data, digest);
  return digest;
}

export interface PodProgramsProps {
  /** Name of the workload. */
  readonly name: string;
  readonly labels: { readonly [label: string]: string };
  readonly image: ProgramImage;
  /**
   * An image that has the programs, built from `dist/kustomize/programs/NAME`.
   * @default - the public image, with the programs mounted
   */
  readonly ownImage?: string;
}

/** A pod's part of its programs: the image, and what is mounted on it. */
export interface PodPrograms {
  readonly image: string;
  /** The program that is run. */
  readonly path: string;
  readonly mounts: readonly PodMount[];
  readonly annotations: { readonly [name: string]: string };
}

export function podPrograms(scope: Construct, { name, labels, image, ownImage }: PodProgramsProps): PodPrograms {
  const base = imageFor(scope, image.base);
  noteImage(scope, ownImage ?? base);
  if (ownImage !== undefined) {
    return { image: ownImage, path: image.path, mounts: [], annotations: {} };
  }
  const files = { folder: image.name, data: image.programs, beside: image.buildFiles(base) };
  const mounted = new MountedPrograms(scope, 'Programs', { name, labels, files });
  return { image: base, path: image.path, mounts: [mounted], annotations: mounted.annotations };
}
