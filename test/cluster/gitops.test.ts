import { join } from 'node:path';
import { MachineType } from '../../lib';
import { ControlPlane } from '../rig/control-plane';
import { addGpuNodes } from '../rig/gpu-node';
import { Cell, CLUSTER_FOLDER } from './cells';
import { Gke, plainNode, poolNode } from './gke';
import { allReady, DEPLOYMENTS } from './servers';
import { story } from './story';

const MANAGER = '--field-manager=gitops';
const SERVERS = 2;
// One of each storage: what they add to a cell is what differs between cells.
const cells = Cell.all().filter(({ id }) => ['l4-gcs', 'l4-hdml', 'l4-pd'].includes(id));
const folders = [CLUSTER_FOLDER, ...cells.map(({ folder }) => folder)];

describe('what follows a repository', () => {
  const step = story();
  let gke: Gke;
  let plane: ControlPlane;
  beforeAll(async () => {
    gke = await Gke.start('1.36');
    plane = gke.plane;
    await plane.api.create('/api/v1/nodes', plainNode('plain'));
    const machine = MachineType.fromName('g2-standard-24');
    const zones = ['us-central1-a', 'us-central1-b', 'us-central1-c'];
    await addGpuNodes(plane.api, zones.flatMap(zone => [0, 1, 2, 3].map(at => poolNode(machine, { name: `gpu-${zone}-${at}`, zone }))));
  });
  afterAll(() => gke?.stop());

  const apply = (folder: string) => plane.kubectl(['apply', '--server-side', MANAGER, '-k', folder]);
  /** kubectl prints the difference and fails where there is one. */
  const difference = (folder: string) => plane.kubectl(['diff', '--server-side', MANAGER, '-k', folder]).then(({ stdout }) => stdout);

  step('cluster and cells are applied from server side, and run', async () => {
    expect((await apply(CLUSTER_FOLDER)).stderr).toBe('');
    await gke.addSnapshots(cells);
    for (const { folder } of cells) {
      expect((await apply(folder)).stderr).toBe('');
    }
    await allReady(plane.api, cells, () => 1);
  });

  step('an autoscaler that adds servers leaves nothing to be set right', async () => {
    await Promise.all(cells.map(({ server }) => plane.api.patch(`${DEPLOYMENTS}/${server}/scale`, { spec: { replicas: SERVERS } })));
    await allReady(plane.api, cells, () => SERVERS);
    expect(await Promise.all(folders.map(difference))).toEqual(folders.map(() => ''));
    for (const folder of folders) {
      await apply(folder);
    }
    await allReady(plane.api, cells, () => SERVERS);
  });

  step('what somebody changes by hand is found', async () => {
    const [{ server, folder }] = cells;
    await plane.kubectl(['set', 'env', '--namespace', 'vllm', `deployment/${server}`, 'HF_HUB_OFFLINE=0', '--field-manager=somebody']);
    await expect(difference(join(folder, 'server'))).rejects.toThrow('kubectl diff');
  });
});
