import { Lazy } from 'cdk8s';
import type { IScalable, ScalingTarget } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { VllmRelease } from '../catalog';
import { MOST_NODES } from '../catalog/gke-limits';
import { ServiceIdentity } from '../common/identity';
import { imageFor } from '../common/image-registry';
import { requireWorkloadName } from '../common/names';
import { named, Refusal } from '../common/refusal';
import { serviceUrl } from '../common/service-address';
import { wholeNumber } from '../common/whole-number';
import { inNamespace, MountedPrograms, namespaceOf, oneMayLeave, PodProps, requireNamespace, servicePort, tcp, WorkloadAccess } from '../pods';
import { k8s } from '../pods/k8s';
import { IWeightsStorage, WeightsBinding, WeightsVolume } from '../weights';
import { directoryOf } from '../weights/model-directory';
import { ImportedVllmServer, IVllmServer, VllmServerAttributes } from './imported-server';
import { clientLabels, selectorLabels, SERVER, serverLabels } from './labels';
import { requireOwnImage } from './own-image';
import { SERVER_PORT, serverArguments, servedModelName } from './server-arguments';
import { defaultServerName, LONGEST_SERVER_NAME } from './server-name';
import { serverEnvironment } from './server-environment';
import { ServerPlan } from './server-plan';
import { serverPod } from './server-pod';
import { SERVER_PROGRAMS } from './server-programs';
import { otherClients } from './other-clients';
import { propsOfRun, survey } from './upgrade-survey';
import { VllmServerProps } from './vllm-server-props';
import { onlyProps, requirePropsOf } from '../common/props';

/** What a server has in common with what loads its engine by itself. */
export interface ServerEngine {
  readonly weights: WeightsVolume;
  readonly environment: readonly k8s.EnvVar[];
  /** What a platform asks of its pods, their account aside. */
  readonly platform: PodProps;
}

const DEFAULT_MAX_NODES = 5;

/** Google's managed collectors: Standard and Autopilot. https://cloud.google.com/stackdriver/docs/managed-prometheus/setup-managed */
const COLLECTOR_NAMESPACES = ['gmp-system', 'gke-gmp-system'];

/**
 * vLLM's OpenAI-compatible server: Deployment, Service, ServiceAccount, PodDisruptionBudget and NetworkPolicy, all from one plan.
 *
 * @throws when the plan does not hold: the model does not fit, a flag is unknown, a probe would kill it while it loads, …
 * @see https://docs.vllm.ai/en/latest/deployment/k8s/
 */
export class VllmServer extends Construct implements IScalable, IVllmServer {
  /**
   * A server that another app made, in the namespace of the scope, for chats, load tests and batches of it. Nothing of it is made.
   *
   * @throws on what is no name, and on counts below 1
   */
  static fromAttributes(scope: Construct, id: string, attributes: VllmServerAttributes): IVllmServer {
    return new ImportedVllmServer(scope, id, attributes);
  }

  /** Name of the server's objects. */
  readonly name: string;
  /** Release of vLLM that it runs. */
  readonly release: VllmRelease;
  /** Image of the server: one of its own, or that of the release, from where the images below the scope are taken. */
  readonly image: string;
  /** Numbers of the server, computed before anything was made. */
  readonly plan: ServerPlan;
  /** Name of the model in requests and metrics. */
  readonly servedModelName: string;
  /** Number of servers, unless an autoscaler holds them. */
  readonly replicas: number;
  /** Number of servers that the node pools can ever hold. */
  readonly maxReplicas: number;
  /** Identity of the pods, which the cloud layer has to grant its roles. */
  readonly identity: ServiceIdentity;
  /** The Deployment, for patches. */
  readonly deployment: k8s.KubeDeployment;
  /** The Service in front of all servers. */
  readonly service: k8s.KubeService;
  /** Port of the API. */
  readonly port = SERVER_PORT;
  /** Address of the API inside the cluster. */
  readonly url: string;
  /** Arguments of `vllm serve`. */
  readonly args: readonly string[];
  /** Labels of every object of the server. */
  readonly labels: { readonly [name: string]: string };
  /** Whether an autoscaler holds the replicas; the Deployment names none then. */
  hasAutoscaler = false;

  private readonly props: VllmServerProps;

  constructor(scope: Construct, id: string, given: VllmServerProps) {
    super(scope, id);
    requirePropsOf(this, 'VllmServerProps', given);
    const { weights } = given;
    const namespace = namespaceOf(this);
    try {
      requireNamespace(weights, namespace);
      this.name = serverName(given);
      const props = propsOfRun(given, this.name);
      this.props = props;
      this.plan = new ServerPlan(weights.model, weights.storage, onlyProps('ServerPlanProps', props));
      this.release = props.imageDigest ? this.plan.memory.release.withDigest(props.imageDigest) : this.plan.memory.release;
      this.image = this.requireImage();
      this.servedModelName = servedModelName(props);
      this.maxReplicas = this.countMaxReplicas();
      this.replicas = this.countReplicas();
      this.args = serverArguments(this.plan, props);
      this.labels = serverLabels(this.name);
      this.url = serviceUrl(this.name, namespace, SERVER_PORT);
      this.service = this.makeService();
      const binding = weights.bind({ name: this.name, cacheMedium: this.plan.placement.cacheMedium, labels: this.labels });
      this.identity = this.makeAccess(namespace, binding);
      new k8s.KubePodDisruptionBudget(this, 'Budget', {
        metadata: { name: this.name, labels: { ...this.labels } }, spec: oneMayLeave(this.selectorLabels),
      });
      this.deployment = this.makeDeployment(binding);
      survey(this, this, props);
    } catch (error) {
      throw named(this, error);
    }
  }

  /** Namespace of the server's objects. */
  get namespace(): string {
    return this.identity.namespace;
  }

  /** Storage that the weights are read from. */
  get storage(): IWeightsStorage {
    return this.props.weights.storage;
  }

  /** Revision of the model; undefined when it is not pinned. */
  get modelRevision(): string | undefined {
    return this.plan.memory.model.revision;
  }

  /** Tokens of question and answer together, at most. */
  get maxModelLen(): number {
    return this.plan.memory.maxModelLen;
  }

  /** Name of the Secret with the key that callers have to send; undefined when it asks for none. */
  get apiKeySecretName(): string | undefined {
    return this.props.apiKeySecretName;
  }

  /** Names of the adapters that requests can ask for beside the model. */
  get adapterNames(): string[] {
    return Object.keys(this.props.lora?.adapters ?? {});
  }

  /**
   * What a pod says that loads the same engine by itself.
   *
   * @internal
   */
  get engine(): ServerEngine {
    const { weights, extraEnv } = this.props;
    const platform = { ...onlyProps('PodProps', this.props), serviceAccountName: undefined };
    return { weights, platform, environment: serverEnvironment(this.plan, { extraEnv }) };
  }

  /** Requests that one server runs at once, at most. */
  get maxNumSeqs(): number {
    return this.plan.memory.maxNumSeqs;
  }

  /** Seconds until a server that is being made answers, at most. */
  get progressDeadlineSeconds(): number {
    return this.plan.startup.progressDeadlineSeconds;
  }

  /** Labels that select the pods. */
  get selectorLabels(): { [name: string]: string } {
    return selectorLabels(this.name);
  }

  /** Labels of pods in the same namespace that may call the server. */
  get clientLabels(): { [name: string]: string } {
    return clientLabels(this.name);
  }

  /**
   * Hands the replicas over to an autoscaler.
   *
   * @throws when there is one already
   */
  markHasAutoscaler(): void {
    if (this.hasAutoscaler) {
      throw new Refusal(`VllmServer '${this.node.id}': '${this.name}' has an autoscaler already; two would fight over its replicas`);
    }
    this.hasAutoscaler = true;
  }

  /** The Deployment as the target of an autoscaler. */
  toScalingTarget(): ScalingTarget {
    const replicas = this.hasAutoscaler ? undefined : this.replicas;
    return { kind: 'Deployment', apiVersion: 'apps/v1', name: this.name, containers: [], replicas };
  }

  private requireImage(): string {
    const { release, props } = this;
    if (props.image !== undefined) {
      return requireOwnImage({ image: props.image, imageDigest: props.imageDigest, requireDigest: props.requireDigest });
    }
    const { image, digest, version } = release;
    if (props.requireDigest && digest === undefined) {
      throw new Refusal(`the image ${image} is known by its tag only, and a tag can come to name another image; take`
        + ` VllmRelease.of('${version}@sha256:…'). 'npx cdk8s-vllm digest ${version}' prints the digest`);
    }
    return imageFor(this, image);
  }

  private countMaxReplicas(): number {
    const maxNodes = wholeNumber('maxNodes', this.props.maxNodes ?? DEFAULT_MAX_NODES, 1, MOST_NODES);
    return maxNodes * this.plan.placement.serversPerNode;
  }

  private countReplicas(): number {
    const { serversPerNode, machineType } = this.plan.placement;
    const replicas = wholeNumber('replicas', this.props.replicas ?? serversPerNode, 1);
    if (replicas > this.maxReplicas) {
      throw new Refusal(`'replicas' (${replicas}) are more than the node pools can hold: ${this.maxReplicas / serversPerNode} nodes of`
        + ` ${machineType.name} x ${serversPerNode} servers = ${this.maxReplicas}. Raise maxNodes to ${Math.ceil(replicas / serversPerNode)}`);
    }
    return replicas;
  }

  private makeService(): k8s.KubeService {
    return new k8s.KubeService(this, 'Service', {
      metadata: { name: this.name, labels: { ...this.labels } },
      spec: {
        type: 'ClusterIP',
        selector: selectorLabels(this.name),
        ports: [servicePort('http', SERVER_PORT)],
      },
    });
  }

  /** In: its clients and the metrics collectors. Out: nobody, or what the weights need. */
  private makeAccess(namespace: string, binding: WeightsBinding): ServiceIdentity {
    const { model, storage: { bucket } } = this.props.weights;
    return new WorkloadAccess(this, 'Access', {
      name: this.name, ...SERVER, namespace,
      ingress: [{
        from: [
          { podSelector: { matchLabels: this.clientLabels } },
          ...otherClients(this.props),
          ...COLLECTOR_NAMESPACES.map(inNamespace),
        ],
        ports: [tcp(SERVER_PORT)],
      }],
      egress: binding.egress,
      grants: bucket === undefined ? [] : [{ bucket, folder: directoryOf(model), verb: 'read' }],
      serviceAccountName: this.props.serviceAccountName,
    }).identity;
  }

  private makeDeployment(binding: WeightsBinding): k8s.KubeDeployment {
    const { plan, props, name } = this;
    const programs = new MountedPrograms(this, 'Programs', { name, labels: this.labels, files: SERVER_PROGRAMS });
    return new k8s.KubeDeployment(this, 'Resource', {
      metadata: { name, labels: { ...this.labels } },
      spec: {
        replicas: Lazy.any({ produce: () => this.hasAutoscaler ? undefined : this.replicas }) as number,
        revisionHistoryLimit: 3,
        progressDeadlineSeconds: plan.startup.progressDeadlineSeconds,
        strategy: { type: 'RollingUpdate', rollingUpdate: this.rollingUpdate() },
        selector: { matchLabels: selectorLabels(name) },
        template: serverPod(plan, props, {
          name, image: this.image, args: this.args, binding, programs, serviceAccountName: this.identity.serviceAccountName,
        }),
      },
    });
  }

  /** A new server needs GPUs of its own, so there is a surge only as far as spare GPUs are declared. */
  private rollingUpdate(): k8s.RollingUpdateDeployment {
    const spareGpus = wholeNumber('spareGpus', this.props.spareGpus ?? 0, 0);
    const mostGpus = this.maxReplicas * this.plan.placement.gpus;
    if (spareGpus > mostGpus) {
      throw new Refusal(`'spareGpus' (${spareGpus}) are more than the ${mostGpus} GPUs that the node pools have for servers; raise maxNodes, or declare less`);
    }
    const surge = Math.floor(spareGpus / this.plan.placement.gpus);
    if (spareGpus > 0 && surge === 0) {
      throw new Refusal(`'spareGpus' (${spareGpus}) hold no server of ${this.plan.placement.gpus} GPUs; declare 0, or at least`
        + ` ${this.plan.placement.gpus}`);
    }
    return {
      maxSurge: k8s.IntOrString.fromNumber(surge),
      maxUnavailable: k8s.IntOrString.fromNumber(surge > 0 ? 0 : 1),
    };
  }
}

function serverName({ name, weights, accelerator }: VllmServerProps): string {
  return requireWorkloadName(name ?? defaultServerName({ storage: weights.storage.id, accelerator: accelerator.id }), LONGEST_SERVER_NAME);
}
