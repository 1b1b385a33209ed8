import { createHash } from 'node:crypto';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { PROGRAMS_PATH, ProgramImage } from './program-image';

const VOLUME = 'programs';

export interface MountedProgramsProps {
  /** Of the ConfigMap. */
  readonly name: string;
  readonly labels: { readonly [label: string]: string };
  readonly programs: { readonly [fileName: string]: string };
}

/** Python programs as a ConfigMap, and what a pod says to have them. */
export class MountedPrograms extends Construct {
  readonly volume: k8s.Volume;
  readonly mount: k8s.VolumeMount = { name: VOLUME, mountPath: PROGRAMS_PATH, readOnly: true };
  /** Of the pod: a changed program is a new version of it. */
  readonly annotations: { readonly [name: string]: string };

  constructor(scope: Construct, id: string, props: MountedProgramsProps) {
    super(scope, id);
    new k8s.KubeConfigMap(this, 'Resource', { metadata: { name: props.name, labels: { ...props.labels } }, data: props.programs });
    this.volume = { name: VOLUME, configMap: { name: props.name, defaultMode: 0o444 } };
    const digest = createHash('sha256').update(JSON.stringify(props.programs)).digest('hex').slice(0, 16);
    this.annotations = { 'cdk8s-vllm/programs': digest };
  }
}

export interface PodProgramsProps {
  /** Of the workload. */
  readonly name: string;
  readonly labels: { readonly [label: string]: string };
  readonly image: ProgramImage;
  /** An image that has the programs already, built from `ProgramImage.files()`. @default - the public image, with the programs mounted */
  readonly ownImage?: string;
}

/** A pod's part of its programs: the image, and what is mounted on it. */
export interface PodPrograms {
  readonly image: string;
  readonly volumes: k8s.Volume[];
  readonly mounts: k8s.VolumeMount[];
  readonly annotations: { readonly [name: string]: string };
}

export function podPrograms(scope: Construct, props: PodProgramsProps): PodPrograms {
  if (props.ownImage !== undefined) {
    return { image: props.ownImage, volumes: [], mounts: [], annotations: {} };
  }
  const mounted = new MountedPrograms(scope, 'Programs', { name: `${props.name}-programs`, labels: props.labels, programs: props.image.programs });
  return { image: props.image.base, volumes: [mounted.volume], mounts: [mounted.mount], annotations: mounted.annotations };
}
