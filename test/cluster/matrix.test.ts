import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ControlPlane } from '../rig/control-plane';
import { eventually } from '../rig/eventually';
import { GCS_FUSE_SIDECAR } from '../rig/gcs-fuse-webhook';
import { addGpuNodes, GpuNode, removeNodes } from '../rig/gpu-node';
import { isReady, KubernetesObject, Node, Pod } from '../rig/kubernetes-api';
import { MetricsApi } from '../rig/metrics-api';
import { changesOf, linesWithout } from './applied';
import { OTHER_METRICS, renewAutoscaler, scaleAllByOneStep, scaleBy, scaleByTheLargest, scaleToTheLast } from './autoscaling';
import { admitBare } from './bare-pods';
import { Cell, CLUSTER_FOLDER, NAMESPACE } from './cells';
import { Gke, plainNode } from './gke';
import { objectsNaming, SERVER_PREFIX } from './leftovers';
import { FAR_ZONE, Pool } from './pools';
import { allReady, BUDGETS, DEPLOYMENTS, isRolledOut, PODS, Reasons, replicasOf, serverPods, waitingReasons } from './servers';
import { story } from './story';

interface Budget extends KubernetesObject {
  readonly status: { readonly disruptionsAllowed: number };
}

const cells = Cell.all();
const pools = Pool.all(cells);
const names = (nodes: readonly GpuNode[]) => nodes.map(({ name }) => name);

const OTHER_NODE = 'node(s) didn\'t match Pod\'s node affinity/selector';
const NO_GPU = 'Insufficient nvidia.com/gpu';
const LOCAL_SSD = 'cloud.google.com/gke-ephemeral-storage-local-ssd';

function only(keys: readonly string[], reasons: Reasons | string | undefined): Reasons | string | undefined {
  return typeof reasons === 'object' ? Object.fromEntries(Object.entries(reasons).filter(([key]) => keys.includes(key))) : reasons;
}

describe.each(ControlPlane.MINORS)('the matrix on Kubernetes %s', (minor) => {
  const step = story();
  let gke: Gke;
  let plane: ControlPlane;
  let metrics: MetricsApi;

  beforeAll(async () => {
    gke = await Gke.start(minor);
    plane = gke.plane;
  });

  afterAll(() => gke?.stop());

  const apply = (folder: string) => plane.kubectl(['apply', '--validate=strict', '-k', folder]);

  const changes = (folder: string) => changesOf(plane, ['-k', folder]);

  /** Waits until the scheduler has left each server's waiting pods for exactly these reasons, by the number of nodes. */
  async function waiting(
    users: readonly Cell[], count: (cell: Cell) => number, expected: (cell: Cell, nodes: number) => Reasons,
  ): Promise<void> {
    const nodes = (await plane.api.list('/api/v1/nodes')).length;
    const wanted = users.map(cell => [cell.id, Array.from({ length: count(cell) }, () => expected(cell, nodes))]);
    let found: unknown;
    await eventually('the scheduler has looked at every server', async () => {
      const servers = await serverPods(plane.api);
      found = users.map((cell) => {
        const reasons = Object.keys(expected(cell, nodes));
        const pods = (servers.get(cell.server) ?? []).filter(pod => !isReady(pod));
        return [cell.id, pods.map(pod => waitingReasons(pod) ?? pod.spec.nodeName).map(why => only(reasons, why))];
      });
      return isDeepStrictEqual(found, wanted);
    }).catch(() => undefined);
    expect(found).toEqual(wanted);
  }

  const perNode = (cell: Cell) => cell.serversPerNode;
  const one = () => 1;

  const scale = (users: readonly Cell[], extra: number) => Promise.all(users.map(cell =>
    plane.api.patch(`${DEPLOYMENTS}/${cell.server}`, { spec: { replicas: cell.serversPerNode + extra } })));

  /** Of a cell's pool, as far as its server would run on them. */
  const nodesFor = (cell: Cell, nodes: readonly Node[]) => nodes.filter(({ metadata: { name, labels } }) =>
    name.startsWith(`${cell.machineType.name}-pool-`) && (!cell.cachesOnSsd || labels![LOCAL_SSD] === 'true')).length;

  step('the cluster folder applies without a warning, and a second time it changes nothing', async () => {
    await Promise.all(['plain-0', 'plain-1'].map(name => plane.api.create('/api/v1/nodes', plainNode(name))));
    const { stdout, stderr } = await apply(CLUSTER_FOLDER);
    expect([stderr, ...linesWithout('created', stdout)]).toEqual(['']);
    expect(await changes(CLUSTER_FOLDER)).toEqual([]);
    const { metadata } = await plane.api.get(`/api/v1/namespaces/${NAMESPACE}`);
    expect(metadata.labels).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted', 'pod-security.kubernetes.io/warn': 'restricted',
    });
    const adapters = ['--namespace', 'custom-metrics'];
    await plane.kubectl(['rollout', 'status', '--timeout=300s', ...adapters, 'deployment/custom-metrics-stackdriver-adapter'])
      .catch(async (error: Error) => {
        throw new Error(`${error.message}\n${(await plane.kubectl(['describe', 'replicasets,pods', ...adapters])).stdout}`);
      });
    metrics = await MetricsApi.start(plane);
    await gke.addSnapshots(cells);
  });

  step('every unit of every cell applies with strict validation and without a warning', async () => {
    const remarks = await Promise.all(cells.flatMap(cell => cell.units.map(async (unit) => {
      const { stdout, stderr } = await apply(join(cell.folder, unit));
      return [...linesWithout('created', stdout), stderr].filter(line => line !== '').map(line => `${cell.id}/${unit}: ${line}`);
    })));
    expect(remarks.flat()).toEqual([]);
  });

  step('a whole cell on top of its units changes nothing', async () => {
    const remarks = await Promise.all(cells.map(async cell => (await changes(cell.folder)).map(line => `${cell.id}: ${line}`)));
    expect(remarks.flat()).toEqual([]);
  });

  step('a bare pod of every template passes Pod Security, and a slip in it does not', async () => {
    const workloads = cells.flatMap(cell => cell.workloads).filter(({ kind }) => kind === 'Deployment');
    expect(await Promise.all(workloads.map(workload => admitBare(plane, workload))))
      .toEqual(workloads.map(({ name }) => ({ name, status: 201, warnings: [], message: undefined })));
    const slip = await admitBare(plane, workloads[0], { hostNetwork: true });
    expect([slip.status, slip.message]).toEqual([403, expect.stringContaining('violates PodSecurity "restricted:latest": host namespaces')]);
  });

  step('no server is placed while its machine is missing', async () => {
    await addGpuNodes(plane.api, Pool.unused(cells));
    await waiting(cells, perNode, (_, nodes) => ({ [OTHER_NODE]: nodes }));
  });

  step('no server is placed on its machine when that lacks a GPU, or one byte of memory', async () => {
    await addGpuNodes(plane.api, pools.flatMap(pool => pool.tooSmallNodes));
    await waiting(cells, perNode, (_, nodes) => ({ 'Insufficient memory': 1, [NO_GPU]: 1, [OTHER_NODE]: nodes - 2 }));
  });

  step('every server is placed on its accelerator and machine type, beside its sidecar and the node\'s daemons', async () => {
    await removeNodes(plane.api, names(pools.flatMap(pool => pool.tooSmallNodes)));
    await addGpuNodes(plane.api, pools.flatMap(pool => pool.nodes));
    const servers = await allReady(plane.api, cells, cell => cell.serversPerNode);
    const nodes = new Map((await plane.api.list<Node>('/api/v1/nodes')).map(node => [node.metadata.name, node]));
    for (const cell of cells) {
      for (const pod of servers.get(cell.server)!) {
        const { name, labels } = nodes.get(pod.spec.nodeName!)!.metadata;
        expect([cell.id, name]).toEqual([cell.id, expect.stringMatching(`^${cell.machineType.name}-pool-`)]);
        expect(labels).toMatchObject({
          'node.kubernetes.io/instance-type': cell.machineType.name,
          'cloud.google.com/gke-accelerator': cell.accelerator.gkeLabel,
          'cloud.google.com/gke-accelerator-count': `${cell.machineType.gpus}`,
          ...cell.cachesOnSsd && { [LOCAL_SSD]: 'true' },
        });
        expect([cell.id, ...(pod.spec.initContainers ?? []).map(container => container.name)])
          .toEqual([cell.id, ...cell.storage === 'gcs' ? [GCS_FUSE_SIDECAR] : [], 'check-weights']);
        // no default of the namespace may slow down what loads the weights
        const sidecar = pod.spec.initContainers!.find(container => container.name === GCS_FUSE_SIDECAR);
        expect([cell.id, sidecar?.resources.limits.cpu]).toEqual([cell.id, undefined]);
      }
      expect(new Set(servers.get(cell.server)!.map(pod => pod.spec.nodeName)).size).toBe(1);
    }
    const daemons = new Set((await plane.api.list<Pod>('/api/v1/namespaces/kube-system/pods')).map(pod => pod.spec.nodeName));
    expect([...nodes.keys()].filter(name => !daemons.has(name))).toEqual([]);
  });

  step('one server more waits for a GPU, also while its machine is free in a zone that its disk is not in', async () => {
    const taken = new Set([...(await serverPods(plane.api)).values()].flat().map(pod => pod.spec.nodeName));
    await removeNodes(plane.api, names(pools.flatMap(pool => pool.nodes)).filter(name => !taken.has(name)));
    const full = await plane.api.list<Node>('/api/v1/nodes');
    const expected = (cell: Cell, nodes: number) => ({ [NO_GPU]: nodesFor(cell, full), [OTHER_NODE]: nodes - nodesFor(cell, full) });
    await scale(cells, 1);
    await waiting(cells, one, expected);

    const [onDisk, inBucket] = [cells.filter(cell => cell.zones), cells.filter(cell => !cell.zones)];
    await scale(inBucket, 0);
    await allReady(plane.api, inBucket, perNode);
    const far = Pool.all(onDisk).map(pool => pool.farNode);
    await addGpuNodes(plane.api, far);
    await waiting(onDisk, one, expected);
    await scale(onDisk, 0);
    await allReady(plane.api, onDisk, perNode);
    await removeNodes(plane.api, names(far));
  });

  step('the budget of a server lets one pod be evicted, and no second one at the same time', async () => {
    const evict = (name: string) => plane.api.ask('POST', `${PODS}/${name}/eviction`, {
      apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: NAMESPACE },
    });
    const before = await serverPods(plane.api);
    for (const cell of cells) {
      await eventually(`the budget of ${cell.server} allows one`, async () =>
        (await plane.api.get<Budget>(`${BUDGETS}/${cell.server}`)).status.disruptionsAllowed === 1);
      const [first, ...others] = before.get(cell.server)!.map(({ metadata }) => metadata.name);
      const statuses = [(await evict(first)).status, ...others.length > 0 ? [(await evict(others[0])).status] : []];
      expect([cell.id, ...statuses]).toEqual([cell.id, 201, ...others.length > 0 ? [429] : []]);
    }
    const after = await allReady(plane.api, cells, perNode);
    for (const cell of cells) {
      const names = before.get(cell.server)!.map(({ metadata }) => metadata.name);
      const kept = after.get(cell.server)!.filter(({ metadata }) => names.includes(metadata.name));
      expect([cell.id, kept.length]).toEqual([cell.id, cell.serversPerNode - 1]);
    }
  });

  // Of two pools of one machine type the one with local SSD takes the servers of both: they are changed one after the other.
  const rollout = async (changed: readonly Cell[]) => {
    const before = await serverPods(plane.api);
    await Promise.all(changed.map(cell => plane.api.patch(`${DEPLOYMENTS}/${cell.server}`, {
      spec: { template: { metadata: { annotations: { 'example.com/changed': 'yes' } } } },
    })));
    const wrong = new Set<string>();
    const unfinished = new Set(changed);
    await eventually('every rollout has ended', async () => {
      const servers = await serverPods(plane.api);
      for (const cell of changed) {
        const pods = servers.get(cell.server) ?? [];
        const ready = pods.filter(isReady).length;
        if (pods.length > cell.serversPerNode || ready < cell.serversPerNode - 1) {
          wrong.add(`${cell.id}: ${ready} of ${pods.length} ready`);
        }
      }
      await Promise.all([...unfinished].map(async cell => await isRolledOut(plane.api, cell.server) && unfinished.delete(cell)));
      return unfinished.size === 0;
    }).catch(() => undefined);
    expect({ wrong: [...wrong], unfinished: [...unfinished].map(cell => cell.id) }).toEqual({ wrong: [], unfinished: [] });
    const after = await allReady(plane.api, cells, perNode);
    for (const cell of changed) {
      const old = before.get(cell.server)!.map(({ metadata }) => metadata.name);
      expect([cell.id, after.get(cell.server)!.filter(({ metadata }) => old.includes(metadata.name))]).toEqual([cell.id, []]);
    }
  };

  step('a rollout with no spare GPU completes, one server after the other: weights in buckets', () =>
    rollout(cells.filter(cell => !cell.zones)));

  step('a rollout with no spare GPU completes, one server after the other: weights on disks', () =>
    rollout(cells.filter(cell => cell.zones)));

  step('taking the autoscaling of a cell away leaves its servers, and it applies again', async () => {
    const [cell] = cells.filter(({ serversPerNode }) => serversPerNode > 1);
    await renewAutoscaler(plane, metrics, cell, cells.filter(other => other !== cell));
    expect((await allReady(plane.api, [cell], perNode)).get(cell.server)).toHaveLength(cell.serversPerNode);
  });

  step('a queue adds servers, a node\'s worth at once and not before these had time to start', () =>
    scaleAllByOneStep(plane, metrics, cells));

  step('scaling ends at the most servers that there may be, and applying the cell again takes none away', async () => {
    const cell = cells.find(({ id }) => id === 'l4-gcs')!;
    expect(await scaleToTheLast(plane, metrics, cell, FAR_ZONE)).toBe(5);
    expect(await changes(join(cell.folder, 'server'))).toEqual([]);
    expect(await replicasOf(plane.api, cell.server)).toBe(5);
  });

  OTHER_METRICS.forEach(other => step(`another metric scales a server: ${other.name}`, () => scaleBy(plane, metrics, other, FAR_ZONE)));

  step('of several metrics the one that wishes for the most servers wins', () => scaleByTheLargest(plane, metrics, FAR_ZONE));

  step('deleting a cell leaves nothing of it', async () => {
    const found = await objectsNaming(plane, SERVER_PREFIX);
    for (const cell of cells) {
      for (const { kind, metadata } of cell.manifests) {
        expect(found).toContain(`${kind} ${metadata.namespace}/${metadata.name}`);
      }
    }
    expect(await plane.api.list('/api/v1/persistentvolumes')).toHaveLength(cells.filter(cell => cell.zones).length);
    const answers = await Promise.all(cells.map(cell => plane.kubectl(['delete', '--wait=false', '-k', cell.folder])));
    expect(answers.map(({ stderr }) => stderr).join('')).toBe('');
    let left: string[] = [];
    await eventually('nothing is left', async () => {
      // The snapshots are the hydration's, as which the test has put them there.
      left = (await objectsNaming(plane, SERVER_PREFIX)).filter(name => !name.startsWith('VolumeSnapshot '));
      return left.length === 0;
    }).catch(() => undefined);
    expect(left).toEqual([]);
    await eventually('no disk is left', async () => (await plane.api.list('/api/v1/persistentvolumes')).length === 0);
    expect(await plane.api.list('/apis/storage.k8s.io/v1/volumeattachments')).toEqual([]);
  });

  step('deleting the cluster folder leaves nothing of it', async () => {
    await metrics.stop();
    await plane.kubectl(['delete', '--ignore-not-found', '--timeout=300s', '-k', CLUSTER_FOLDER]);
    expect((await plane.kubectl(['get', '--ignore-not-found', '-k', CLUSTER_FOLDER])).stdout).toBe('');
    expect(await objectsNaming(plane, 'cdk8s-vllm')).toEqual([]);
  });
});
