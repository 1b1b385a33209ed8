import { Construct } from 'constructs';
import { digestOf } from '../../common/digest';
import { ServiceIdentity } from '../../common/identity';
import { requireSecretName } from '../../common/names';
import { named, Refusal } from '../../common/refusal';
import { serviceNamespace } from '../../common/service-address';
import {
  configMapFiles, inNamespace, PodMount, PodPrograms, podPrograms, preferSpread, ProgramImage, ProgramJob, scratch, secretFiles,
  selectorLabelsOf, servicePort, tcp, toPods,
} from '../../pods';
import { k8s } from '../../pods/k8s';
import { defaultName, LONGEST_NAME, ServerClient, ServerKey, serverKey } from '../server-client';
import { LocustLoadTestProps } from './locust-load-test-props';
import { locustOutput, LocustOutput } from './locust-output';
import { CONTRACT, LocustSettings, locustSettings, promptsFile, TIMES } from './locust-settings';
import { requirePropsOf } from '../../common/props';

const APP = CONTRACT.name;
const CONTAINER = 'locust';
/** https://hub.docker.com/r/locustio/locust; its Python is 3.13: https://github.com/locustio/locust/pull/3193 */
const IMAGE = 'locustio/locust:2.47.0';
const MASTER_PORT = CONTRACT.number('port', 'port');
const SETTINGS_PATH = '/settings';
const PROMPTS_PATH = '/prompts';
const LOGIN_PATH = '/login';
const PROMPTS_FILE = 'prompts.txt';
/** To pull the image, and to end. */
const SPARE_SECONDS = 300;
const KEPT_SECONDS = 24 * 3600;

/**
 * A load test by Locust: a Job that leads, judges and reports, and a Job of workers that send. The leading Job fails when a threshold is
 * missed, when the server stops answering, or when a worker is lost; its log has the figures.
 *
 * @throws on a load, thresholds or a target of no sense
 */
export class LocustLoadTest extends Construct {
  /** The programs, and what builds an image that has them. */
  static programImage(): ProgramImage {
    return new ProgramImage({ contract: CONTRACT, base: IMAGE, directory: __dirname });
  }

  /** Name of the load test, and of the objects of the Job that leads. */
  readonly name: string;
  /** Identity of the Job that leads, which the cloud layer has to grant its roles. */
  readonly identity: ServiceIdentity;
  /** Labels of the objects of the Job that leads. */
  readonly labels: { readonly [label: string]: string };
  private readonly settings: LocustSettings;
  private readonly digest: string;
  private readonly programs: PodPrograms;
  private readonly output: LocustOutput;
  private readonly master: ServerClient;
  private readonly workers: ServerClient;

  constructor(scope: Construct, id: string, private readonly props: LocustLoadTestProps) {
    super(scope, id);
    requirePropsOf(this, 'LocustLoadTestProps', props);
    const { server, serviceAccountName } = props;
    try {
      this.name = props.name ?? defaultName(server, '-load-test', LONGEST_NAME - '-worker'.length);
      this.settings = locustSettings(this.name, props);
      this.output = locustOutput(this, this.name, props.output);
      const workerName = `${this.name}-worker`;
      const pods = (instance: string) => selectorLabelsOf({ app: APP, instance });
      const toTarget = this.toTarget();
      this.master = new ServerClient(this, 'Master', {
        server, app: APP, name: this.name, component: 'load-test', serviceAccountName, grants: this.output.grants,
        egress: [...toTarget, ...this.output.egress],
        ingress: [{ from: [{ podSelector: { matchLabels: pods(workerName) } }], ports: [tcp(MASTER_PORT)] }],
      });
      this.workers = new ServerClient(this, 'Workers', {
        server, app: APP, name: workerName, component: 'load-test', serviceAccountName, egress: [toPods(pods(this.name), MASTER_PORT), ...toTarget],
      });
      this.identity = this.master.identity;
      this.labels = this.master.labels;
      this.programs = podPrograms(this, {
        name: this.name, labels: this.labels, image: LocustLoadTest.programImage(), ownImage: props.image,
      });
      this.digest = this.makeSettings();
      this.makeService();
      this.makeMaster();
      this.makeWorkers();
    } catch (error) {
      throw named(this, error);
    }
  }

  /** A server's key is for nobody else to see. */
  private get key(): ServerKey {
    const { server, apiKeySecretName } = this.props;
    return this.asksServer || apiKeySecretName !== undefined ? serverKey({ server, apiKeySecretName }) : { mounts: [], args: [] };
  }

  private get asksServer(): boolean {
    return this.props.target === undefined || this.props.target === this.props.server.url;
  }

  /** To another address than the server's. A policy knows no names: inside the cluster it is the namespace and outside the port. */
  private toTarget(): k8s.NetworkPolicyEgressRule[] {
    const { target } = this.props;
    if (target === undefined || this.asksServer) {
      return [];
    }
    const { protocol, hostname, port } = new URL(target);
    const ports = [tcp(Number(port || (protocol === 'https:' ? 443 : 80)))];
    const namespace = serviceNamespace(hostname);
    return [{
      to: [namespace
        ? inNamespace(namespace)
        : { ipBlock: { cidr: '0.0.0.0/0' } }],
      ports,
    }];
  }

  /** What the programs read; returns what changes with it. */
  private makeSettings(): string {
    const { prompts, promptsConfigMap } = this.props;
    if (prompts && promptsConfigMap !== undefined) {
      throw new Refusal(`'prompts' (${prompts.length}) and 'promptsConfigMap' (${promptsConfigMap}) are given; give one of them`);
    }
    const file = promptsFile(prompts);
    const data = { 'settings.json': `${JSON.stringify(this.settings, null, 2)}\n`, ...(file ? { [PROMPTS_FILE]: file } : {}) };
    new k8s.KubeConfigMap(this, 'Settings', { metadata: { name: `${this.name}-settings`, labels: { ...this.labels } }, data });
    return digestOf(JSON.stringify(data));
  }

  private makeService(): void {
    new k8s.KubeService(this, 'Service', {
      metadata: { name: this.name, labels: { ...this.labels } },
      spec: {
        clusterIp: 'None',
        selector: this.master.selectorLabels,
        ports: [servicePort('locust', MASTER_PORT)],
      },
    });
  }

  /** The first part of the test's time, as long as there may be neither workers nor server. */
  private get deadlineSeconds(): number {
    const run = this.settings.pageSeconds || this.settings.runSeconds;
    return TIMES.workersWithinSeconds + TIMES.serverWithinSeconds + run + TIMES.drainSeconds + SPARE_SECONDS;
  }

  private makeMaster(): void {
    const { webUi } = this.props;
    const probe: k8s.Probe = { tcpSocket: { port: k8s.IntOrString.fromString('locust') } };
    const login = webUi && secretFiles(
      requireSecretName('webUi.loginSecretName', webUi.loginSecretName, 'kubectl create secret generic NAME --type=kubernetes.io/basic-auth'
      + ' --from-file=username=FILE --from-file=password=FILE'), 'login', ['username', 'password'], LOGIN_PATH);
    new ProgramJob(this, 'Resource', {
      ...this.commonProps(this.master),
      // A test that was cut short says nothing, and one that begins again would find the workers gone.
      spec: { backoffLimit: 0, activeDeadlineSeconds: this.deadlineSeconds, ttlSecondsAfterFinished: KEPT_SECONDS },
      judgesExits: false,
      annotations: { ...this.settingsAnnotation, ...this.output.podAnnotations },
      args: ['master', ...this.commonArgs(), ...(login ? [`--login=${LOGIN_PATH}`] : [])],
      mounts: [...this.commonMounts(), this.output, ...(login ? [login] : [])],
      containerExtras: {
        ports: [{ name: 'locust', containerPort: MASTER_PORT, protocol: 'TCP' }],
        readinessProbe: { ...probe, periodSeconds: 5, timeoutSeconds: 3 },
        livenessProbe: { ...probe, initialDelaySeconds: 60, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 6 },
      },
    });
  }

  private makeWorkers(): void {
    const count = this.settings.workers;
    new ProgramJob(this, 'WorkersJob', {
      ...this.commonProps(this.workers),
      spec: {
        completionMode: 'Indexed',
        completions: count,
        parallelism: count,
        // A worker that is moved before the test begins may come back; in the test its loss is the master's to judge.
        backoffLimit: 3,
        activeDeadlineSeconds: this.deadlineSeconds + SPARE_SECONDS,
        ttlSecondsAfterFinished: KEPT_SECONDS,
      },
      // Both Jobs are deleted and applied together: that a program has changed is seen at the master's.
      programs: { ...this.programs, annotations: {} },
      annotations: this.settingsAnnotation,
      args: ['worker', ...this.commonArgs(), `--master=${this.name}`],
      mounts: this.commonMounts(),
    });
  }

  private get settingsAnnotation(): { readonly [name: string]: string } {
    return { 'cdk8s-vllm/settings': this.digest };
  }

  private commonProps({ name, labels, podLabels, selectorLabels, identity }: ServerClient) {
    return {
      name, labels, podLabels, serviceAccountName: identity.serviceAccountName, contract: CONTRACT, container: CONTAINER,
      programs: this.programs, platform: this.props,
      env: { PYTHONUNBUFFERED: '1', HOME: '/tmp' },
      resources: { cpu: '1', memory: '1Gi', ephemeralStorage: '512Mi' },
      graceSeconds: TIMES.drainSeconds + 30,
      pod: { topologySpreadConstraints: [preferSpread(selectorLabels, 'kubernetes.io/hostname')] },
    };
  }

  private commonArgs(): string[] {
    const { prompts, promptsConfigMap } = this.props;
    const folder = prompts ? SETTINGS_PATH : promptsConfigMap === undefined ? undefined : PROMPTS_PATH;
    return [`--settings=${SETTINGS_PATH}/settings.json`, ...(folder ? [`--prompts=${folder}/${PROMPTS_FILE}`] : []), ...this.key.args];
  }

  private commonMounts(): PodMount[] {
    const { promptsConfigMap } = this.props;
    return [
      configMapFiles(`${this.name}-settings`, 'settings', SETTINGS_PATH),
      scratch('tmp', '/tmp', '16Mi'),
      ...this.key.mounts,
      ...(promptsConfigMap === undefined ? [] : [{
        volume: { name: 'prompts', configMap: { name: promptsConfigMap, items: [{ key: PROMPTS_FILE, path: PROMPTS_FILE }] } },
        mount: { name: 'prompts', mountPath: PROMPTS_PATH, readOnly: true },
      }]),
    ];
  }
}
