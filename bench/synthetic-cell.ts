import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { KustomizeUnit } from '../lib/kustomize/kustomize-unit';
import { k8s } from '../lib/pods/k8s';

const NAMESPACE = 'vllm';

/** A cell of the size and kind of a real one, so that the output side can be measured at any number of cells: 25 objects in 6 units. */
export function addSyntheticCell(app: Construct, index: number): void {
  const cell = `cell-${String(index).padStart(4, '0')}`;
  const labels = { 'app.kubernetes.io/name': 'vllm', 'app.kubernetes.io/instance': cell, 'app.kubernetes.io/part-of': 'bench' };
  const unit = (name: string): KustomizeUnit =>
    new KustomizeUnit(app, `${cell}-${name}`, { cell, unit: name, namespace: NAMESPACE, labels });

  const server = unit('server');
  addWorkload(server, `server-${cell}`, { 'nvidia.com/gpu': k8s.Quantity.fromNumber(2), cpu: k8s.Quantity.fromString('20') });
  addPolicies(server, `server-${cell}`);
  new k8s.KubePodDisruptionBudget(server, 'budget', {
    metadata: { name: `server-${cell}` },
    spec: { maxUnavailable: k8s.IntOrString.fromNumber(1), selector: { matchLabels: { app: `server-${cell}` } } },
  });

  const chat = unit('chat');
  addWorkload(chat, `chat-${cell}`, { cpu: k8s.Quantity.fromString('500m') });
  addPolicies(chat, `chat-${cell}`);
  addProgram(chat, `chat-${cell}`);

  const load = unit('load-test');
  addWorkload(load, `load-${cell}`, { cpu: k8s.Quantity.fromString('1') });
  addPolicies(load, `load-${cell}`);
  addProgram(load, `load-${cell}`);
  new k8s.KubeJob(load, 'job', {
    metadata: { name: `load-${cell}` },
    spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', containers: [container('run', { cpu: k8s.Quantity.fromString('1') })] } } },
  });

  const weights = unit('weights');
  new k8s.KubePersistentVolumeClaim(weights, 'claim', {
    metadata: { name: `weights-${cell}` },
    spec: { accessModes: ['ReadOnlyMany'], resources: { requests: { storage: k8s.Quantity.fromString('100Gi') } }, storageClassName: 'hdml' },
  });
  addProgram(weights, `weights-${cell}`);
  new k8s.KubeServiceAccount(weights, 'account', { metadata: { name: `weights-${cell}` }, automountServiceAccountToken: false });

  new k8s.KubeHorizontalPodAutoscalerV2(unit('autoscaling'), 'hpa', {
    metadata: { name: `server-${cell}` },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: `server-${cell}` },
      minReplicas: 1,
      maxReplicas: 5,
      metrics: [{
        type: 'Pods',
        pods: { metric: { name: 'vllm:num_requests_waiting' }, target: { type: 'AverageValue', averageValue: k8s.Quantity.fromNumber(10) } },
      }],
      behavior: { scaleDown: { stabilizationWindowSeconds: 600, policies: [{ type: 'Pods', value: 1, periodSeconds: 300 }] } },
    },
  });

  const monitoring = unit('monitoring');
  for (const kind of ['PodMonitoring', 'Rules']) {
    new ApiObject(monitoring, kind, {
      apiVersion: 'monitoring.googleapis.com/v1',
      kind,
      metadata: { name: `server-${cell}` },
      spec: { selector: { matchLabels: { app: `server-${cell}` } }, endpoints: [{ port: 'http', interval: '15s', path: '/metrics' }] },
    });
  }
}

function addWorkload(unit: KustomizeUnit, name: string, resources: Record<string, k8s.Quantity>): void {
  const labels = { app: name };
  new k8s.KubeDeployment(unit, 'deployment', {
    metadata: { name },
    spec: {
      progressDeadlineSeconds: 1800,
      selector: { matchLabels: labels },
      strategy: { rollingUpdate: { maxSurge: k8s.IntOrString.fromNumber(0), maxUnavailable: k8s.IntOrString.fromNumber(1) } },
      template: {
        metadata: { labels, annotations: { 'gke-gcsfuse/volumes': 'true' } },
        spec: {
          serviceAccountName: name,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 300,
          nodeSelector: { 'cloud.google.com/gke-accelerator': 'nvidia-l4' },
          securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [container('main', resources)],
          volumes: [{ name: 'cache', emptyDir: {} }, { name: 'shm', emptyDir: { medium: 'Memory' } }],
        },
      },
    },
  });
  new k8s.KubeService(unit, 'service', {
    metadata: { name },
    spec: { selector: labels, ports: [{ name: 'http', port: 8000, targetPort: k8s.IntOrString.fromString('http') }] },
  });
  new k8s.KubeServiceAccount(unit, 'account', { metadata: { name }, automountServiceAccountToken: false });
}

function container(name: string, resources: Record<string, k8s.Quantity>): k8s.Container {
  const health = { path: '/health', port: k8s.IntOrString.fromString('http') };
  return {
    name,
    image: 'docker.io/vllm/vllm-openai:v0.33.0',
    args: ['--model=/weights', '--served-model-name=google/gemma-2-9b-it', '--tensor-parallel-size=2', '--max-model-len=8192',
      '--gpu-memory-utilization=0.92', '--max-num-seqs=256', '--max-num-batched-tokens=8192', '--port=8000'],
    env: ['HF_HUB_OFFLINE', 'VLLM_NO_USAGE_STATS', 'VLLM_ENGINE_READY_TIMEOUT_S', 'HOME'].map(key => ({ name: key, value: '1' })),
    ports: [{ name: 'http', containerPort: 8000 }],
    resources: { limits: resources, requests: resources },
    startupProbe: { httpGet: health, periodSeconds: 10, failureThreshold: 90 },
    readinessProbe: { httpGet: health, periodSeconds: 5 },
    livenessProbe: { httpGet: health, periodSeconds: 30, failureThreshold: 4 },
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    volumeMounts: [{ name: 'cache', mountPath: '/cache' }, { name: 'shm', mountPath: '/dev/shm' }].slice(name === 'run' ? 2 : 0),
  };
}

function addPolicies(unit: KustomizeUnit, name: string): void {
  for (const direction of ['ingress', 'egress']) {
    new k8s.KubeNetworkPolicy(unit, direction, {
      metadata: { name: `${name}-${direction}` },
      spec: {
        podSelector: { matchLabels: { app: name } },
        policyTypes: [direction === 'ingress' ? 'Ingress' : 'Egress'],
        [direction]: [{ ports: [{ protocol: 'TCP', port: k8s.IntOrString.fromNumber(8000) }] }],
      },
    });
  }
}

/** 10 KB of text that differs from cell to cell. */
function addProgram(unit: KustomizeUnit, name: string): void {
  const lines = Array.from({ length: 240 }, (_, line) => `def handler_${line}(request):  # "${name}"`);
  new k8s.KubeConfigMap(unit, 'program', { metadata: { name }, data: { 'app.py': `${lines.join('\n')}\n`, 'settings.ini': `[${name}]\nusers = 50\n` } });
}
