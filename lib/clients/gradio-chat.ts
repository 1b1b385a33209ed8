import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { ServiceIdentity } from '../identity';
import { guaranteed, podPrograms, ProgramImage, quantity, restrictedContainer, restrictedPod, tcp } from '../pods';
import { VllmServer } from '../serving';
import { wholeNumber } from '../whole-number';
import { ServerClient } from './server-client';

/**
 * Python 3.13 with gradio 6.10.
 * https://github.com/GoogleCloudPlatform/kubernetes-engine-samples/blob/main/ai-ml/llm-serving-gemma/vllm/gradio.yaml
 */
const BASE = 'us-docker.pkg.dev/google-samples/containers/gke/gradio-app:v1.0.7';
const PORT = 7860;
const SERVICE_PORT = 8080;
const KEY_DIRECTORY = '/var/run/secrets/vllm';
const KEY_FILE = 'api-key';

const DEFAULT_MAX_TOKENS = 1024;
const DEFAULT_MAX_MESSAGE_LENGTH = 8000;
/** Hardly a text has more characters to a token. */
const CHARACTERS_A_TOKEN = 8;
const MOST_REPLICAS = 20;
/** The program needs 2 s; it hears of nothing in the first seconds, while it imports. */
const GRACE_SECONDS = 10;

export interface GradioChatProps {
  readonly server: VllmServer;
  /** @default - SERVER-chat */
  readonly name?: string;
  /** At the top of the page and of its tab. @default 'Chat' */
  readonly title?: string;
  /** How the model should answer; a person can change it on the page. @default - none */
  readonly systemPrompt?: string;
  /** Characters of one question. @default 8000, or what fits the server's context */
  readonly maxMessageLength?: number;
  /** Tokens of the longest answer that a person can ask for. @default 1024, or half of the server's context */
  readonly maxTokens?: number;
  /** From 0, always the same answer, to 2; a person can change it on the page. @default 0.7 */
  readonly temperature?: number;
  /** Under which a proxy or gateway shows the page, whether or not it strips it, for example `/chat`. @default - none */
  readonly pathPrefix?: string;
  /**
   * Pages side by side. A gateway in front of several must keep a browser with one of them, as the Service does.
   * @default 1
   */
  readonly replicas?: number;
  /** Secret with the server's key under `api-key`. @default - the server asks for none */
  readonly apiKeySecretName?: string;
  /** Pods and namespaces that may open the page, such as a gateway's. `kubectl port-forward` needs none. @default - nobody */
  readonly ingressFrom?: k8s.NetworkPolicyPeer[];
  /** An image that has the program, built from `GradioChat.programImage()`. @default - Google's gradio-app, with the program mounted */
  readonly image?: string;
}

/**
 * A chat page for one server: `kubectl port-forward service/NAME 8080`. Whoever reaches it can use it, so it is opened to nobody but by
 * `ingressFrom`; a Gateway in front of it needs a login, such as Identity-Aware Proxy.
 *
 * @throws on answers longer than the server's context, a prefix that is no path, …
 */
export class GradioChat extends Construct {
  /** For an image that has the program already. */
  static programImage(): ProgramImage {
    return new ProgramImage({ name: 'gradio-chat', base: BASE, directory: __dirname, fileNames: ['gradio_chat.py'] });
  }

  readonly name: string;
  readonly identity: ServiceIdentity;
  readonly labels: { readonly [label: string]: string };
  readonly selectorLabels: { readonly [label: string]: string };
  /** Of the page, inside the cluster. */
  readonly url: string;
  /** The arguments of the program, as Kubernetes hands them over. */
  readonly args: readonly string[];

  constructor(scope: Construct, id: string, props: GradioChatProps) {
    super(scope, id);
    try {
      this.args = programArguments(props);
      const replicas = wholeNumber('replicas', props.replicas ?? 1, 1, MOST_REPLICAS);
      checkSecretName(props.apiKeySecretName);
      const client = new ServerClient(this, 'Client', {
        server: props.server,
        app: 'gradio-chat',
        name: props.name ?? `${props.server.name}-chat`,
        component: 'chat',
        ingress: props.ingressFrom && props.ingressFrom.length > 0 ? [{ from: [...props.ingressFrom], ports: [tcp(PORT)] }] : undefined,
      });
      this.name = client.name;
      this.identity = client.identity;
      this.labels = client.labels;
      this.selectorLabels = client.selectorLabels;
      this.url = `http://${this.name}.${this.identity.namespace}.svc.cluster.local:${SERVICE_PORT}${props.pathPrefix ?? ''}`;
      this.makeService(replicas);
      this.makeDeployment(client, replicas, props);
    } catch (error) {
      throw new Error(`GradioChat '${id}': ${(error as Error).message}`, { cause: error });
    }
  }

  private makeService(replicas: number): void {
    new k8s.KubeService(this, 'Service', {
      metadata: { name: this.name, labels: { ...this.labels } },
      spec: {
        type: 'ClusterIP',
        selector: { ...this.selectorLabels },
        ports: [{ name: 'http', port: SERVICE_PORT, targetPort: k8s.IntOrString.fromString('http'), protocol: 'TCP' }],
        // A page asks one pod for an answer and hears it from the same.
        sessionAffinity: replicas > 1 ? 'ClientIP' : undefined,
      },
    });
    if (replicas > 1) {
      new k8s.KubePodDisruptionBudget(this, 'Budget', {
        metadata: { name: this.name, labels: { ...this.labels } },
        spec: {
          maxUnavailable: k8s.IntOrString.fromNumber(1),
          unhealthyPodEvictionPolicy: 'AlwaysAllow',
          selector: { matchLabels: { ...this.selectorLabels } },
        },
      });
    }
  }

  private makeDeployment(client: ServerClient, replicas: number, props: GradioChatProps): void {
    const image = GradioChat.programImage();
    const programs = podPrograms(this, { name: this.name, labels: this.labels, image, ownImage: props.image });
    const key = props.apiKeySecretName;
    new k8s.KubeDeployment(this, 'Resource', {
      metadata: { name: this.name, labels: { ...this.labels } },
      spec: {
        replicas,
        revisionHistoryLimit: 3,
        // The new page answers before the old one goes.
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: k8s.IntOrString.fromNumber(1), maxUnavailable: k8s.IntOrString.fromNumber(0) } },
        selector: { matchLabels: { ...this.selectorLabels } },
        template: {
          metadata: { labels: client.podLabels, annotations: programs.annotations },
          spec: {
            serviceAccountName: this.identity.serviceAccountName,
            ...restrictedPod(),
            terminationGracePeriodSeconds: GRACE_SECONDS,
            affinity: replicas > 1 ? { podAntiAffinity: apart(this.selectorLabels) } : undefined,
            containers: [this.container(programs.image, image.path, [
              ...programs.mounts,
              { name: 'tmp', mountPath: '/tmp' },
              ...(key ? [{ name: 'api-key', mountPath: KEY_DIRECTORY, readOnly: true }] : []),
            ])],
            volumes: [
              ...programs.volumes,
              { name: 'tmp', emptyDir: { sizeLimit: quantity('64Mi') } },
              ...(key ? [{ name: 'api-key', secret: { secretName: key, defaultMode: 0o440, items: [{ key: KEY_FILE, path: KEY_FILE }] } }] : []),
            ],
          },
        },
      },
    });
  }

  private container(image: string, program: string, volumeMounts: k8s.VolumeMount[]): k8s.Container {
    const probe = (path: string): k8s.Probe => ({ httpGet: { path, port: k8s.IntOrString.fromString('http') }, timeoutSeconds: 5 });
    return {
      name: 'chat',
      image,
      imagePullPolicy: 'Always',
      command: ['python3', program],
      args: [...this.args],
      // Gradio serves files of the directory that it runs in: there are none.
      workingDir: '/tmp',
      ports: [{ name: 'http', containerPort: PORT, protocol: 'TCP' }],
      resources: guaranteed({ cpu: '500m', memory: '512Mi', ephemeralStorage: '256Mi' }),
      securityContext: restrictedContainer(),
      startupProbe: { ...probe('/healthz'), periodSeconds: 2, failureThreshold: 60 },
      readinessProbe: { ...probe('/healthz'), periodSeconds: 5, failureThreshold: 2 },
      // The same answer under another path: linters rightly ask that the two probes are not one.
      livenessProbe: { ...probe('/livez'), periodSeconds: 10, failureThreshold: 6 },
      volumeMounts,
    };
  }
}

function programArguments(props: GradioChatProps): string[] {
  const { server } = props;
  const { maxModelLen } = server.plan.memory;
  const maxTokens = answerLength(props.maxTokens, maxModelLen);
  const longest = CHARACTERS_A_TOKEN * (maxModelLen - maxTokens);
  const where = ` (the server's maxModelLen, ${maxModelLen}, leaves ${maxModelLen - maxTokens} tokens for it)`;
  const maxMessageLength = wholeNumber('maxMessageLength', props.maxMessageLength ?? Math.min(DEFAULT_MAX_MESSAGE_LENGTH, longest), 1);
  if (maxMessageLength > longest) {
    throw new Error(`'maxMessageLength' (${maxMessageLength}) is more than any question can have${where}; use at most ${longest}`);
  }
  const temperature = props.temperature ?? 0.7;
  if (typeof temperature !== 'number' || !(temperature >= 0 && temperature <= 2)) {
    throw new Error(`'temperature' (${temperature}) must be a number from 0 to 2, for example 0.7`);
  }
  const systemPrompt = props.systemPrompt ?? '';
  if (systemPrompt.length > maxMessageLength) {
    throw new Error(`'systemPrompt' has ${systemPrompt.length} characters, more than maxMessageLength (${maxMessageLength}) lets through`);
  }
  const pathPrefix = props.pathPrefix ?? '';
  if (!/^(\/[A-Za-z0-9._~-]+)*$/.test(pathPrefix)) {
    throw new Error(`'pathPrefix' (${pathPrefix}) must be a path without a slash at its end, for example /chat`);
  }
  return [
    `--server-url=${server.url}`,
    `--model=${server.servedModelName}`,
    `--title=${oneLine(props.title ?? 'Chat')}`,
    ...(systemPrompt === '' ? [] : [`--system-prompt=${systemPrompt}`]),
    `--max-message-length=${maxMessageLength}`,
    `--max-model-len=${maxModelLen}`,
    `--max-tokens=${maxTokens}`,
    `--temperature=${temperature}`,
    ...(pathPrefix === '' ? [] : [`--path-prefix=${pathPrefix}`]),
    ...(props.apiKeySecretName ? [`--api-key-file=${KEY_DIRECTORY}/${KEY_FILE}`] : []),
    `--port=${PORT}`,
    // Kubernetes makes one of two, and would put a variable in the place of $(NAME).
  ].map(argument => argument.replaceAll('$', () => '$$'));
}

function answerLength(maxTokens: number | undefined, maxModelLen: number): number {
  const most = maxModelLen - 1;
  const tokens = wholeNumber('maxTokens', maxTokens ?? Math.min(DEFAULT_MAX_TOKENS, Math.floor(maxModelLen / 2)), 1);
  if (tokens > most) {
    throw new Error(`'maxTokens' (${tokens}) leaves no room for a question: the server's maxModelLen is ${maxModelLen}, question and answer`
      + ` together. Use at most ${most}, better ${Math.floor(maxModelLen / 2)}, or raise the server's maxModelLen`);
  }
  return tokens;
}

function oneLine(title: string): string {
  if (!/^[^\r\n]{1,200}$/.test(title)) {
    throw new Error(`'title' (${JSON.stringify(title)}) must be one line of 1 to 200 characters`);
  }
  return title;
}

function checkSecretName(name: string | undefined): void {
  if (name !== undefined && !/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name)) {
    throw new Error('\'apiKeySecretName\' is no name of a Secret: lower case letters, digits, \'-\' and \'.\'. It is the name of a Secret, not'
      + ' the key; make one with kubectl create secret generic NAME --from-file=api-key=FILE');
  }
}

function apart(labels: { readonly [label: string]: string }): k8s.PodAntiAffinity {
  return {
    preferredDuringSchedulingIgnoredDuringExecution: [{
      weight: 100, podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { ...labels } } },
    }],
  };
}
