import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Part } from './cluster/parts';
import { eventually } from './eventually';
import { Kubectl, KubectlAnswer } from './kubectl';
import { KubernetesApi } from './kubernetes-api';
import { freePorts, RigProcess } from './process';

const KUBERNETES = { 1.33: Part.KUBERNETES_1_33, 1.36: Part.KUBERNETES_1_36 } as const;
const STAGES = join(__dirname, 'cluster', 'stages.yaml');

export type Minor = '1.33' | '1.36';

export interface ControlPlaneOptions {
  readonly minor: Minor;
  /**
   * By the port of a pod: a port of this machine that `kubectl port-forward` to any pod ends at. No container listens on its own.
   * @default - none
   */
  readonly forwards?: { readonly [podPort: number]: number };
}

/** Whether a server on this machine says that it is healthy; its self-signed certificate is nobody's business here. */
function healthy(url: string, headers: Record<string, string> = {}): Promise<boolean> {
  return new Promise((resolve, reject) => {
    request(url, { headers, rejectUnauthorized: false, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', reject).end();
  });
}

/**
 * A Kubernetes control plane of one minor: etcd, kube-apiserver, kube-controller-manager and kube-scheduler as they are
 * released, and kwok in the place of the kubelets. Everything listens on the loopback interface and lives in one temporary
 * directory; several can run side by side.
 */
export class ControlPlane {
  static readonly MINORS: readonly Minor[] = ['1.33', '1.36'];

  static async start({ minor, forwards = {} }: ControlPlaneOptions): Promise<ControlPlane> {
    const plane = new ControlPlane(minor, await freePorts(6));
    try {
      await plane.startStore();
      await plane.startApiServer();
      // all are waited for, also when one fails: what is still starting could not be stopped
      const started = await Promise.allSettled([plane.startControllerManager(), plane.startScheduler(), plane.startKwok(forwards)]);
      for (const failed of started.filter(result => result.status === 'rejected')) {
        throw failed.reason;
      }
      await eventually('the namespace default has its service account', () => plane.api.get('/api/v1/namespaces/default/serviceaccounts/default'));
    } catch (error) {
      await plane.stop();
      throw error;
    }
    return plane;
  }

  readonly directory = mkdtempSync(join(tmpdir(), 'control-plane-'));
  readonly kubeconfig = join(this.directory, 'kubeconfig.json');
  readonly url: string;
  readonly api: KubernetesApi;
  private readonly kubernetes: Part;
  private readonly token = randomBytes(24).toString('hex');
  private readonly client: Kubectl;
  private readonly processes: RigProcess[] = [];

  private constructor(readonly minor: Minor, private readonly ports: number[]) {
    this.kubernetes = KUBERNETES[minor];
    this.url = `https://127.0.0.1:${ports[2]}`;
    this.api = new KubernetesApi(this.url, this.token, () => this.certificate);
    this.client = new Kubectl(this.kubectlPath, this.directory, this.kubeconfig);
    mkdirSync(join(this.directory, 'pki'));
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(join(this.directory, 'service-accounts.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
    writeFileSync(join(this.directory, 'tokens.csv'), `${this.token},admin,admin,system:masters\n`, { mode: 0o600 });
    writeFileSync(this.kubeconfig, JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'rig',
      contexts: [{ name: 'rig', context: { cluster: 'rig', user: 'admin' } }],
      clusters: [{ name: 'rig', cluster: { server: this.url, 'certificate-authority': join(this.directory, 'pki', 'apiserver.crt') } }],
      users: [{ name: 'admin', user: { token: this.token } }],
    }), { mode: 0o600 });
  }

  /** The certificate that kube-apiserver made for itself; it names localhost too, so that a test's own servers can use it. */
  get certificate(): Buffer {
    return readFileSync(join(this.directory, 'pki', 'apiserver.crt'));
  }

  get certificateKey(): Buffer {
    return readFileSync(join(this.directory, 'pki', 'apiserver.key'));
  }

  /** Where kubectl of this minor is; other kubectl versions work with `kubeconfig` too. */
  get kubectlPath(): string {
    return this.kubernetes.file('kubectl');
  }

  /** Runs kubectl of this minor; see Kubectl. */
  kubectl(args: string[], stdin = ''): Promise<KubectlAnswer> {
    return this.client.run(args, stdin);
  }

  /** The custom resources that GKE brings, such as those of Gateway API and Managed Service for Prometheus, those of KEDA and others. */
  async applyCrds(): Promise<void> {
    const { stdout } = await this.kubectl(['create', '-f', Part.CRDS.file('crds'), '-o', 'name']);
    await this.kubectl(['wait', '--for=condition=Established', '--timeout=300s', ...stdout.trim().split('\n')]);
  }

  async stop(): Promise<void> {
    this.api.close();
    // controllers before the API server before the store: none spends its last second on reconnecting
    for (const started of [...this.processes].reverse()) {
      await started.stop(started.name === 'kube-apiserver' ? 'SIGKILL' : 'SIGTERM');
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async startProcess(name: string, command: string, args: string[], ready: () => Promise<boolean>): Promise<void> {
    this.processes.push(await RigProcess.start({ name, command, args, ready, logs: join(this.directory, 'logs') }));
  }

  private startStore(): Promise<void> {
    const [client, peer] = this.ports.map(port => `http://127.0.0.1:${port}`);
    return this.startProcess('etcd', Part.ETCD.file('server'), [
      `--data-dir=${join(this.directory, 'etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      '--unsafe-no-fsync',
    ], async () => (await fetch(`${client}/health`)).ok);
  }

  private startApiServer(): Promise<void> {
    return this.startProcess('kube-apiserver', this.kubernetes.file('kube-apiserver'), [
      `--etcd-servers=http://127.0.0.1:${this.ports[0]}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${this.ports[2]}`,
      `--cert-dir=${join(this.directory, 'pki')}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${join(this.directory, 'service-accounts.key')}`,
      `--service-account-signing-key-file=${join(this.directory, 'service-accounts.key')}`,
      `--token-auth-file=${join(this.directory, 'tokens.csv')}`,
      '--authorization-mode=Node,RBAC',
      '--service-cluster-ip-range=10.0.0.0/16',
      '--allow-privileged=true',
      // kwok, which no name leads to
      '--kubelet-preferred-address-types=InternalIP',
    ], () => healthy(`${this.url}/readyz`, { authorization: `Bearer ${this.token}` }));
  }

  private startControllerManager(): Promise<void> {
    return this.startProcess('kube-controller-manager', this.kubernetes.file('kube-controller-manager'), [
      `--kubeconfig=${this.kubeconfig}`,
      `--service-account-private-key-file=${join(this.directory, 'service-accounts.key')}`,
      '--controllers=*,-node-ipam-controller,-node-route-controller,-service-lb-controller',
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${this.ports[3]}`,
      `--cert-dir=${join(this.directory, 'pki-controller-manager')}`,
      '--horizontal-pod-autoscaler-sync-period=1s',
      '--kube-api-qps=500',
      '--kube-api-burst=1000',
    ], () => healthy(`https://127.0.0.1:${this.ports[3]}/healthz`));
  }

  private startScheduler(): Promise<void> {
    const config = join(this.directory, 'scheduler.json');
    writeFileSync(config, JSON.stringify({
      apiVersion: 'kubescheduler.config.k8s.io/v1',
      kind: 'KubeSchedulerConfiguration',
      clientConnection: { kubeconfig: this.kubeconfig, qps: 500, burst: 1000 },
      leaderElection: { leaderElect: false },
      // a pod that waits for a node is looked at again after a second, not after ten
      podInitialBackoffSeconds: 1,
      podMaxBackoffSeconds: 1,
    }));
    return this.startProcess('kube-scheduler', this.kubernetes.file('kube-scheduler'), [
      `--config=${config}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${this.ports[4]}`,
      `--cert-dir=${join(this.directory, 'pki-scheduler')}`,
    ], () => healthy(`https://127.0.0.1:${this.ports[4]}/healthz`));
  }

  private startKwok(forwards: Required<ControlPlaneOptions>['forwards']): Promise<void> {
    const config = join(this.directory, 'forwards.json');
    writeFileSync(config, JSON.stringify({
      apiVersion: 'kwok.x-k8s.io/v1alpha1',
      kind: 'ClusterPortForward',
      metadata: { name: 'pods' },
      spec: { forwards: Object.entries(forwards).map(([pod, port]) => ({ ports: [Number(pod)], target: { address: '127.0.0.1', port } })) },
    }));
    return this.startProcess('kwok', Part.KWOK.file('kwok'), [
      `--kubeconfig=${this.kubeconfig}`,
      `--config=${STAGES}`,
      `--config=${config}`,
      '--manage-all-nodes=true',
      `--server-address=127.0.0.1:${this.ports[5]}`,
      // the API server asks the kubelet of each node, which is kwok
      '--node-ip=127.0.0.1',
      `--node-port=${this.ports[5]}`,
      `--tls-cert-file=${join(this.directory, 'pki', 'apiserver.crt')}`,
      `--tls-private-key-file=${join(this.directory, 'pki', 'apiserver.key')}`,
    ], async () => (await fetch(`http://127.0.0.1:${this.ports[5]}/healthz`)).ok);
  }
}
