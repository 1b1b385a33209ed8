import { Construct } from 'constructs';
import { Contract } from './contract';
import { failurePolicy } from './failure-policy';
import { k8s } from './k8s';
import { PodPrograms } from './mounted-programs';
import { PodMount } from './pod-mount';
import { PodProps } from './pod-props';
import { guaranteed, ResourceAmounts } from './resources';
import { restrictedContainer, restrictedPod } from './security';
import { withPodProps } from './with-pod-props';

export interface ProgramJobProps {
  /** Name of the Job. */
  readonly name: string;
  readonly labels: { readonly [label: string]: string };
  /**
   * Labels of the pods.
   * @default - those of the Job
   */
  readonly podLabels?: { readonly [label: string]: string };
  readonly serviceAccountName: string;
  /** What is asked of the pods besides. */
  readonly platform: PodProps;
  /** What the Job says besides its pod. */
  readonly spec: Omit<k8s.JobSpec, 'template' | 'podFailurePolicy'>;
  readonly contract: Contract;
  /**
   * Exits after which this index of the Job has failed, and the others go on.
   * @default - none
   */
  readonly failIndexOn?: readonly string[];
  /**
   * Whether a pod that fails is judged by its exit code; without tries there is nothing to decide.
   * @default true
   */
  readonly judgesExits?: boolean;
  readonly programs: PodPrograms;
  /**
   * Name of the container.
   * @default - the name of the program
   */
  readonly container?: string;
  readonly args: readonly string[];
  /**
   * Environment variables of the container.
   * @default - none
   */
  readonly env?: { readonly [name: string]: string };
  readonly resources: ResourceAmounts;
  readonly mounts?: readonly PodMount[];
  /**
   * Volumes of its sidecars, which the container does not see.
   * @default - none
   */
  readonly volumes?: readonly k8s.Volume[];
  readonly annotations?: { readonly [name: string]: string };
  /** Seconds between SIGTERM and SIGKILL. */
  readonly graceSeconds: number;
  /**
   * Whether an autoscaler may move it to pack nodes better; a copy of hundreds of gigabytes should not begin again.
   * @default true
   */
  readonly movable?: boolean;
  /**
   * What the pod says besides.
   * @default - nothing
   */
  readonly pod?: Partial<k8s.PodSpec>;
  /**
   * What the container says besides.
   * @default - nothing
   */
  readonly containerExtras?: Partial<k8s.Container>;
}

/** A Job that runs a program of ours once: restricted, with its programs mounted, judged by the exit codes of its contract. */
export class ProgramJob extends Construct {
  constructor(scope: Construct, id: string, props: ProgramJobProps) {
    super(scope, id);
    const { contract, programs } = props;
    const container = props.container ?? contract.name;
    const indexed = (props.failIndexOn ?? []).map(exit => contract.exitCode(exit));
    const final = contract.finalExitCodes.filter(code => !indexed.includes(code));
    const annotations = {
      ...props.annotations,
      ...programs.annotations,
      ...(props.movable === false ? { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' } : {}),
    };
    new k8s.KubeJob(this, 'Resource', {
      metadata: { name: props.name, labels: { ...props.labels } },
      spec: {
        ...props.spec,
        podFailurePolicy: props.judgesExits === false ? undefined
          : failurePolicy(container, { FailJob: final, ...(indexed.length > 0 ? { FailIndex: indexed } : {}) }),
        template: withPodProps({
          metadata: {
            labels: { ...props.podLabels ?? props.labels },
            annotations: Object.keys(annotations).length > 0 ? annotations : undefined,
          },
          spec: { ...pod(props, container), ...props.pod },
        }, props.platform),
      },
    });
  }
}

function pod(props: ProgramJobProps, name: string): k8s.PodSpec {
  const { programs } = props;
  const mounts = [...props.mounts ?? [], ...programs.mounts];
  const env = { ...props.env, PYTHONDONTWRITEBYTECODE: '1' };
  return {
    serviceAccountName: props.serviceAccountName,
    ...restrictedPod(),
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: props.graceSeconds,
    containers: [{
      name,
      image: programs.image,
      imagePullPolicy: 'Always',
      command: ['python3', programs.path],
      args: props.args.map(literalArgument),
      env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
      resources: guaranteed(props.resources),
      securityContext: restrictedContainer(),
      ...props.containerExtras,
      volumeMounts: mounts.map(({ mount }) => mount),
    }],
    volumes: [...mounts.map(({ volume }) => volume), ...props.volumes ?? []],
  };
}

/** Kubernetes puts a variable in the place of $(NAME), and makes one dollar of two. */
export function literalArgument(argument: string): string {
  return argument.replaceAll('$', '$$$$');
}
