import {
  guaranteed, MountedPrograms, PodMount, preferApart, preferSpread, PROGRAMS_PATH, restrictedContainer, restrictedPod, scratch,
  withPodProps,
} from '../pods';
import { k8s } from '../pods/k8s';
import { WeightsBinding } from '../weights';
import { manifestDigestOf } from './manifest-digest';
import { selectorLabels, serverLabels } from './labels';
import { SERVER_PORT } from './server-arguments';
import { HOME, serverEnvironment } from './server-environment';
import { ServerPlan } from './server-plan';
import { VllmServerProps } from './vllm-server-props';
import { CAPACITY_LABELS } from '../catalog/capacity';
import { GIB } from '../common/bytes';
import { wholeNumber } from '../common/whole-number';

/** The probes look at the whole server; a slow answer under load must not restart it. */
function livenessFailures({ livenessFailureThreshold = 10 }: VllmServerProps): number {
  return wholeNumber('livenessFailureThreshold', livenessFailureThreshold, 3, 360);
}

/** Labels of nodes that follow from the plan, and the prop that it has each from. */
const SELECTED_BY = {
  'cloud.google.com/gke-accelerator': 'accelerator',
  'node.kubernetes.io/instance-type': 'machineType',
  'cloud.google.com/gke-ephemeral-storage-local-ssd': 'machineType',
  ...Object.fromEntries(Object.values(CAPACITY_LABELS).map(label => [label, 'capacity'])),
  'topology.kubernetes.io/zone': 'zones',
};

/** What was made for the server before its pod. */
export interface ServerParts {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly binding: WeightsBinding;
  readonly programs: MountedPrograms;
  readonly serviceAccountName: string;
}

/** The pod of one server: checked weights, then vLLM with its probes, drain and writable directories. */
export function serverPod(plan: ServerPlan, props: VllmServerProps, parts: ServerParts): k8s.PodTemplateSpec {
  return withPodProps(plannedPod(plan, props, parts), props, SELECTED_BY);
}

function plannedPod(plan: ServerPlan, props: VllmServerProps, parts: ServerParts): k8s.PodTemplateSpec {
  const { binding, programs } = parts;
  return {
    metadata: {
      labels: serverLabels(parts.name),
      annotations: {
        ...binding.podAnnotations,
        ...programs.annotations,
        // Better packing is no reason to stop a server that takes minutes to start.
        'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
      },
    },
    spec: {
      serviceAccountName: parts.serviceAccountName,
      ...restrictedPod(),
      priorityClassName: props.priorityClassName,
      terminationGracePeriodSeconds: plan.shutdown.terminationGracePeriodSeconds,
      ...scheduling(parts.name, plan),
      initContainers: [checkContainer(props, parts)],
      containers: [serverContainer(plan, props, parts)],
      volumes: [
        binding.volume,
        ...binding.volumes,
        programs.volume,
        ...writable(plan).map(({ volume }) => volume),
      ],
    },
  };
}

/** The nodes that a pod with the engine of the plan can run on. */
export function serverNodes(plan: ServerPlan): Pick<k8s.PodSpec, 'nodeSelector' | 'tolerations' | 'affinity'> {
  const { machineType, requiredZones, cacheMedium, capacityMark } = plan.placement;
  const tolerations: k8s.Toleration[] = [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }];
  const nodeSelector: { [label: string]: string } = {
    'cloud.google.com/gke-accelerator': machineType.accelerator.gkeLabel,
    'node.kubernetes.io/instance-type': machineType.name,
  };
  if (cacheMedium === 'local-ssd') {
    nodeSelector['cloud.google.com/gke-ephemeral-storage-local-ssd'] = 'true';
  }
  if (capacityMark) {
    nodeSelector[capacityMark.key] = capacityMark.value;
    tolerations.push({ ...capacityMark, operator: 'Equal', effect: 'NoSchedule' });
  }
  return {
    nodeSelector,
    tolerations,
    affinity: requiredZones.length === 0 ? undefined : {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: [...requiredZones].sort() }] }],
        },
      },
    },
  };
}

function scheduling(name: string, plan: ServerPlan): Partial<k8s.PodSpec> {
  const nodes = serverNodes(plan);
  return {
    ...nodes,
    affinity: { ...nodes.affinity, podAntiAffinity: preferApart(selectorLabels(name)) },
    topologySpreadConstraints: ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map(key => preferSpread(selectorLabels(name), key)),
  };
}

function checkContainer({ weights }: VllmServerProps, { image, programs }: ServerParts): k8s.Container {
  return {
    name: 'check-weights',
    image,
    imagePullPolicy: 'Always',
    command: ['python3', `${PROGRAMS_PATH}/weights_check.py`],
    args: [...weights.checkArguments, ...manifestDigestOf(weights.model)],
    resources: guaranteed({ cpu: '500m', memory: '512Mi', ephemeralStorage: '64Mi' }),
    securityContext: restrictedContainer(),
    volumeMounts: [weights.mount, programs.mount],
  };
}

function serverContainer(plan: ServerPlan, props: VllmServerProps, parts: ServerParts): k8s.Container {
  const { placement, startup, shutdown } = plan;
  const probe = (path: string): k8s.Probe => ({ httpGet: { path, port: k8s.IntOrString.fromString('http') } });
  return {
    name: 'inference-server',
    image: parts.image,
    imagePullPolicy: 'Always',
    args: [...parts.args],
    env: serverEnvironment(plan, props),
    ports: [{ name: 'http', containerPort: SERVER_PORT, protocol: 'TCP' }],
    resources: guaranteed({
      cpu: `${placement.cpuMillis / 1000}`, memory: `${placement.memoryBytes / GIB}Gi`,
      ephemeralStorage: `${placement.ephemeralStorageBytes / GIB}Gi`, gpus: placement.gpus,
    }),
    securityContext: restrictedContainer(),
    startupProbe: {
      ...probe('/health'), periodSeconds: startup.probePeriodSeconds, timeoutSeconds: 5, failureThreshold: startup.probeFailureThreshold,
    },
    readinessProbe: { ...probe('/health'), periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 2 },
    // The same answer under another path: linters rightly ask that the two probes are not one.
    livenessProbe: { ...probe('/ping'), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: livenessFailures(props) },
    lifecycle: {
      preStop: {
        exec: {
          command: [
            'python3', `${PROGRAMS_PATH}/drain.py`, `http://127.0.0.1:${SERVER_PORT}/metrics`,
            `${shutdown.propagationSeconds}`, `${shutdown.drainSeconds}`,
          ],
        },
      },
    },
    volumeMounts: [
      props.weights.mount,
      parts.programs.mount,
      ...writable(plan).map(({ mount }) => mount),
    ],
  };
}

/** What the engine writes to. */
export function writable({ placement }: ServerPlan): PodMount[] {
  // Several GPU processes pass tensors through shared memory, of which a container has 64 MiB by itself.
  const shared = placement.gpus > 1 ? [scratch('dshm', '/dev/shm', '2Gi', 'Memory')] : [];
  return [scratch('home', HOME, '8Gi'), scratch('tmp', '/tmp', '2Gi'), ...shared];
}
