import { readFileSync } from 'node:fs';
import { MachineType } from '../../lib';
import { Gke, plainNode, poolNode } from '../cluster/gke';
import { SERVER_PREFIX } from '../cluster/leftovers';
import { addGpuNodes } from '../rig/gpu-node';
import { MetricsApi } from '../rig/metrics-api';
import { freePort } from '../rig/process';
import { ServiceProxy } from '../rig/vllm-service';
import { GeneratedCell } from '../rig/vllm-cell';
import { VllmPod } from '../rig/vllm-pod';
import { DEFAULT_RELEASE } from '../rig/vllm';
import { pythonOf } from '../rig/vllm/install';
import { Place } from './place';
import { Shell } from './shell';

const ZONES = ['a', 'b', 'c'].map(letter => `us-central1-${letter}`);
const PROJECT_NUMBER = '123456789012';
const SNAPSHOTS = '/apis/snapshot.storage.k8s.io/v1/volumesnapshots';

export interface Follower {
  readonly place: Place;
  /** Name of the folder of the cell that is asked. */
  readonly cell: string;
}

/**
 * Follows a walkthrough: a shell in its folder, a control plane with the nodes that the cloud would add, and a vLLM for the pod that is
 * asked.
 */
export class WalkthroughFollower {
  static async start({ place, cell }: Follower): Promise<WalkthroughFollower> {
    const proxy = await ServiceProxy.start();
    const gke = await Gke.start('1.36', { forwards: { 8000: Number(new URL(proxy.url).port) } });
    const follower = new WalkthroughFollower(place, cell, gke, proxy, await freePort());
    await follower.furnish();
    return follower;
  }

  readonly shell: Shell;
  private pod?: Promise<VllmPod>;
  private metrics?: MetricsApi;

  private constructor(
    readonly place: Place, private readonly cell: string,
    private readonly gke: Gke, private readonly proxy: ServiceProxy, private readonly port: number,
  ) {
    this.shell = new Shell(place.folder);
  }

  /** What was given to gcloud, a line a call. */
  get asked(): string[] {
    return readFileSync(`${this.shell.home}/gcloud`, 'utf8').trim().split('\n');
  }

  /** Does what a reader does; gives what is printed. */
  async follow(command: string): Promise<string> {
    if (command.includes('terraform ')) {
      this.place.standIn();
    }
    // Port 8000 of this machine may be somebody else's.
    const [there, here] = ['localhost:8000', `localhost:${this.port}`];
    const [program] = /\S+\.py$/.exec(command) ?? [];
    if (program !== undefined) {
      this.place.replace(program, there, here);
    }
    const typed = command.replaceAll(there, here);
    const printed = command.startsWith('kubectl port-forward') ? await this.forward(typed) : await this.shell.run(typed, 'yes\n');
    await this.afterwards(command);
    return printed;
  }

  async stop(): Promise<void> {
    await this.shell.stop();
    await (await this.pod?.catch(() => undefined))?.stop();
    // Its registrations may have gone with the folder that had them.
    await this.metrics?.stop().catch(() => undefined);
    await this.gke.stop();
    await this.proxy.stop();
  }

  private async furnish(): Promise<void> {
    const { plane } = this.gke;
    this.shell.link('kubectl', plane.kubectlPath);
    this.shell.script('python3', `exec ${pythonOf(DEFAULT_RELEASE)} "$@"`);
    this.shell.script('gcloud', `echo "$*" >> ${this.shell.home}/gcloud\n[ "$1 $2" != "projects describe" ] || echo ${PROJECT_NUMBER}`);
    await this.shell.run(`cp ${plane.kubeconfig} "$KUBECONFIG"`);
    this.place.write('FILE', 'hf_of_the_reader');
    await Promise.all(ZONES.map(zone => plane.api.create('/api/v1/nodes', plainNode(`plain-${zone}`, {
      'topology.kubernetes.io/zone': zone, 'topology.gke.io/zone': zone, 'cloud.google.com/machine-family': 'c3d',
    }))));
    const machine = MachineType.fromName('g2-standard-24');
    await addGpuNodes(plane.api, ZONES.map(zone => poolNode(machine, { name: `gpu-${zone}`, zone })));
  }

  /** The vLLM of the pod, as the manifests have it, is there before its port is. */
  private async forward(command: string): Promise<string> {
    const [pod] = /\d+(?= &$)/.exec(command)!;
    if (pod === '8000') {
      const { server } = await this.started();
      await server.ready();
      this.proxy.add(server.port);
    }
    const local = pod === '8000' ? this.port : await freePort();
    await this.shell.leave(command.replace(` ${pod} &`, ` ${local}:${pod} &`), `Forwarding from 127.0.0.1:${local} -> `);
    return '';
  }

  private started(): Promise<VllmPod> {
    return this.pod ??= VllmPod.start({ cell: GeneratedCell.of(this.cell, this.place.path('dist/kustomize')) });
  }

  /** What the cloud does after a command. */
  private async afterwards(command: string): Promise<void> {
    const { plane } = this.gke;
    if (/^kubectl apply -k dist\/kustomize\/cluster$/.test(command) && this.metrics === undefined) {
      this.metrics = await MetricsApi.start(plane);
    }
    if (/^kubectl apply -k .*\/snapshot$/.test(command)) {
      for (const { metadata } of await plane.api.list(SNAPSHOTS)) {
        await plane.kubectl(['patch', 'volumesnapshot', metadata.name, '--namespace', metadata.namespace!, '--subresource=status', '--type=merge',
          '--patch={"status":{"readyToUse":true}}']);
      }
    }
    if (/^kubectl delete -k .*\/cluster/.test(command)) {
      const { stdout } = await plane.kubectl(['get', 'deployments,services,jobs', '--all-namespaces', '--output=name']);
      expect(stdout).not.toContain(SERVER_PREFIX);
    }
  }
}
