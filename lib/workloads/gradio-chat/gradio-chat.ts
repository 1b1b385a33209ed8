import { Construct } from 'constructs';
import { ServiceIdentity } from '../../common/identity';
import { named, Refusal } from '../../common/refusal';
import { serviceUrl } from '../../common/service-address';
import { wholeNumber } from '../../common/whole-number';
import {
  Contract, guaranteed, literalArgument, oneMayLeave, PodMount, PodPrograms, podPrograms, PodProps, preferApart, ProgramImage,
  restrictedContainer, restrictedPod, scratch, servicePort, tcp, withPodProps,
} from '../../pods';
import { k8s } from '../../pods/k8s';
import { IVllmServer } from '../../serving';
import { defaultName, ServerClient, serverKey } from '../server-client';
import contract from './contract.json';
import { requirePropsOf } from '../../common/props';

const CONTRACT = new Contract(contract);

/**
 * Python 3.13 with gradio 6.10.
 * https://github.com/GoogleCloudPlatform/kubernetes-engine-samples/blob/main/ai-ml/llm-serving-gemma/vllm/gradio.yaml
 */
const BASE = 'us-docker.pkg.dev/google-samples/containers/gke/gradio-app:v1.0.7';
const PORT = CONTRACT.number('port', 'port');
const SERVICE_PORT = 8080;
/** Hardly a text has more characters to a token. */
const CHARACTERS_A_TOKEN = 8;
const MOST_REPLICAS = 20;
/** The program needs 2 s; it hears of nothing in the first seconds, while it imports. */
const GRACE_SECONDS = 10;

/** Props of `GradioChat`. */
export interface GradioChatProps extends PodProps {
  /** Server that answers. */
  readonly server: IVllmServer;
  /**
   * Name of every object, a DNS label of 1 to 52 characters.
   * @default - SERVER-chat, shortened where it has to be
   */
  readonly name?: string;
  /**
   * Heading of the page and of its tab, one line of 1 to 200 characters.
   * @default 'Chat'
   */
  readonly title?: string;
  /**
   * What tells the model how to answer, at most `maxMessageLength` characters; a person can change it on the page.
   * @default - none
   */
  readonly systemPrompt?: string;
  /**
   * Characters of one question, 1 to what fits the server's context.
   * @default 8000, or what fits the server's context
   */
  readonly maxMessageLength?: number;
  /**
   * Tokens of the longest answer that a person can ask for, 1 to below the server's `maxModelLen`.
   * @default 1024, or half of it
   */
  readonly maxTokens?: number;
  /**
   * Temperature from 0, always the same answer, to 2; a person can change it on the page.
   * @default 0.7
   */
  readonly temperature?: number;
  /**
   * Path under which a proxy or gateway shows the page, whether or not it strips it, for example `/chat`.
   * @default - none
   */
  readonly pathPrefix?: string;
  /**
   * Pages side by side, 1 to 20. A gateway in front of several must keep a browser with one of them, as the Service does.
   * @default 1
   */
  readonly replicas?: number;
  /**
   * Name of a Secret with the server's key under `api-key`.
   * @default - the server's own
   */
  readonly apiKeySecretName?: string;
  /**
   * Pods and namespaces that may open the page, such as a gateway's. `kubectl port-forward` needs none.
   * @default - nobody
   */
  readonly ingressFrom?: readonly k8s.NetworkPolicyPeer[];
  /**
   * Image that has the programs, built from `dist/kustomize/programs/gradio-chat`.
   * @default - Google's gradio-app, with the programs mounted
   */
  readonly image?: string;
}

/**
 * A chat page for one server: `kubectl port-forward service/NAME 8080`. Whoever reaches it can use it, so it is opened to nobody but by
 * `ingressFrom`; a Gateway in front of it needs a login, such as Identity-Aware Proxy.
 *
 * @throws on answers or questions longer than the server's context, and on values out of their range
 * @see program/page.py for what a person sees, program/request_filter.py for what is let through
 */
export class GradioChat extends Construct {
  /** The programs, and what builds an image that has them. */
  static programImage(): ProgramImage {
    return new ProgramImage({ contract: CONTRACT, base: BASE, directory: __dirname });
  }

  /** Name of every object. */
  readonly name: string;
  /** Identity of the pods, which the cloud layer has to grant its roles. */
  readonly identity: ServiceIdentity;
  /** Labels of every object. */
  readonly labels: { readonly [label: string]: string };
  /** Labels that select the pods. */
  readonly selectorLabels: { readonly [label: string]: string };
  /** Address of the page inside the cluster. */
  readonly url: string;
  /** Arguments of the program, as Kubernetes hands them over. */
  readonly args: readonly string[];

  constructor(scope: Construct, id: string, props: GradioChatProps) {
    super(scope, id);
    requirePropsOf(this, 'GradioChatProps', props);
    try {
      this.args = programArguments(props);
      const replicas = wholeNumber('replicas', props.replicas ?? 1, 1, MOST_REPLICAS);
      const key = serverKey(props);
      const client = new ServerClient(this, 'Client', {
        server: props.server,
        app: CONTRACT.name,
        name: props.name ?? defaultName(props.server, '-chat'),
        component: 'chat',
        serviceAccountName: props.serviceAccountName,
        ingress: props.ingressFrom && props.ingressFrom.length > 0 ? [{ from: [...props.ingressFrom], ports: [tcp(PORT)] }] : undefined,
      });
      this.name = client.name;
      this.identity = client.identity;
      this.labels = client.labels;
      this.selectorLabels = client.selectorLabels;
      this.url = `${serviceUrl(this.name, this.identity.namespace, SERVICE_PORT)}${props.pathPrefix ?? ''}`;
      this.makeService(replicas);
      this.makeDeployment(client, replicas, key.mounts, props);
    } catch (error) {
      throw named(this, error);
    }
  }

  private makeService(replicas: number): void {
    new k8s.KubeService(this, 'Service', {
      metadata: { name: this.name, labels: { ...this.labels } },
      spec: {
        type: 'ClusterIP',
        selector: { ...this.selectorLabels },
        ports: [servicePort('http', SERVICE_PORT)],
        // A page asks one pod for an answer and hears it from the same.
        sessionAffinity: replicas > 1 ? 'ClientIP' : undefined,
      },
    });
    if (replicas > 1) {
      new k8s.KubePodDisruptionBudget(this, 'Budget', {
        metadata: { name: this.name, labels: { ...this.labels } }, spec: oneMayLeave(this.selectorLabels),
      });
    }
  }

  private makeDeployment(client: ServerClient, replicas: number, key: readonly PodMount[], props: GradioChatProps): void {
    const programs = podPrograms(this, { name: this.name, labels: this.labels, image: GradioChat.programImage(), ownImage: props.image });
    const mounts = [...programs.mounts, scratch('tmp', '/tmp', '64Mi'), ...key];
    new k8s.KubeDeployment(this, 'Resource', {
      metadata: { name: this.name, labels: { ...this.labels } },
      spec: {
        replicas,
        revisionHistoryLimit: 3,
        // The new page answers before the old one goes.
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: k8s.IntOrString.fromNumber(1), maxUnavailable: k8s.IntOrString.fromNumber(0) } },
        selector: { matchLabels: { ...this.selectorLabels } },
        template: withPodProps({
          metadata: { labels: client.podLabels, annotations: programs.annotations },
          spec: {
            serviceAccountName: this.identity.serviceAccountName,
            ...restrictedPod(),
            terminationGracePeriodSeconds: GRACE_SECONDS,
            affinity: replicas > 1 ? { podAntiAffinity: preferApart(this.selectorLabels) } : undefined,
            containers: [this.container(programs, mounts.map(({ mount }) => mount))],
            volumes: mounts.map(({ volume }) => volume),
          },
        }, props),
      },
    });
  }

  private container(programs: PodPrograms, volumeMounts: k8s.VolumeMount[]): k8s.Container {
    const probe = (path: string): k8s.Probe => ({ httpGet: { path, port: k8s.IntOrString.fromString('http') }, timeoutSeconds: 5 });
    return {
      name: 'chat',
      image: programs.image,
      imagePullPolicy: 'Always',
      command: ['python3', programs.path],
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
  const { maxModelLen } = server;
  const maxTokens = answerLength(props.maxTokens, maxModelLen);
  const longest = CHARACTERS_A_TOKEN * (maxModelLen - maxTokens);
  const where = ` (the server's maxModelLen, ${maxModelLen}, leaves ${maxModelLen - maxTokens} tokens for it)`;
  const usual = Math.min(CONTRACT.number('max-message-length', 'maxMessageLength'), longest);
  const maxMessageLength = CONTRACT.number('max-message-length', 'maxMessageLength', props.maxMessageLength ?? usual);
  if (maxMessageLength > longest) {
    throw new Refusal(`'maxMessageLength' (${maxMessageLength}) is more than any question can have${where}; use at most ${longest}`);
  }
  const systemPrompt = props.systemPrompt ?? '';
  if (systemPrompt.length > maxMessageLength) {
    throw new Refusal(`'systemPrompt' has ${systemPrompt.length} characters, more than maxMessageLength (${maxMessageLength}) lets through`);
  }
  const pathPrefix = CONTRACT.text('path-prefix', 'pathPrefix', props.pathPrefix);
  return [
    `--server-url=${server.url}`,
    `--model=${server.servedModelName}`,
    `--title=${CONTRACT.text('title', 'title', props.title)}`,
    ...(systemPrompt === '' ? [] : [`--system-prompt=${systemPrompt}`]),
    `--max-message-length=${maxMessageLength}`,
    `--max-model-len=${maxModelLen}`,
    `--max-tokens=${maxTokens}`,
    `--temperature=${CONTRACT.number('temperature', 'temperature', props.temperature)}`,
    ...(pathPrefix === '' ? [] : [`--path-prefix=${pathPrefix}`]),
    ...serverKey(props).args,
    `--port=${PORT}`,
  ].map(literalArgument);
}

function answerLength(maxTokens: number | undefined, maxModelLen: number): number {
  const most = maxModelLen - 1;
  const usual = Math.min(CONTRACT.number('max-tokens', 'maxTokens'), Math.floor(maxModelLen / 2));
  const tokens = CONTRACT.number('max-tokens', 'maxTokens', maxTokens ?? usual);
  if (tokens > most) {
    throw new Refusal(`'maxTokens' (${tokens}) leaves no room for a question: the server's maxModelLen is ${maxModelLen}, question and answer`
      + ` together. Use at most ${most}, better ${Math.floor(maxModelLen / 2)}, or raise the server's maxModelLen`);
  }
  return tokens;
}
