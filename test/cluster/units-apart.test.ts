import { join } from 'node:path';
import { machineFamiliesFor } from '../../lib/catalog/disk-machine-families';
import { ControlPlane } from '../rig/control-plane';
import { eventually } from '../rig/eventually';
import { KubernetesObject, Pod } from '../rig/kubernetes-api';
import { admitBare } from './bare-pods';
import { Cell, CLUSTER_FOLDER, NAMESPACE } from './cells';
import { Gke, plainNode } from './gke';
import { objectsNaming, SERVER_PREFIX } from './leftovers';
import { PODS } from './servers';
import { story } from './story';

const JOBS = `/apis/batch/v1/namespaces/${NAMESPACE}/jobs`;
const cells = Cell.all();
const folders = cells.flatMap(cell => cell.unitsApart.map(unit => ({ id: `${cell.id}/${unit}`, folder: join(cell.folder, unit) })));
const jobs = cells.flatMap(cell => cell.workloads).filter(({ kind }) => kind === 'Job');

interface Job extends KubernetesObject {
  readonly status: { readonly conditions?: { readonly type: string; readonly status: string }[]; readonly failed?: number };
}

test('every cell has what fills its weights, tests it under load and asks it in batches', () => {
  for (const cell of cells) {
    expect([cell.id, cell.units, cell.unitsApart]).toEqual([
      cell.id, ['autoscaling', 'chat', 'monitoring', 'server'],
      [...['batch', 'load-test', 'weights'], ...cell.zones ? ['hydration', 'snapshot'] : []].sort(),
    ]);
  }
});

describe.each(ControlPlane.MINORS)('the units apart on Kubernetes %s', (minor) => {
  const step = story();
  let gke: Gke;
  let plane: ControlPlane;

  beforeAll(async () => {
    gke = await Gke.start(minor);
    plane = gke.plane;
  });

  afterAll(() => gke?.stop());

  async function apply(word: string): Promise<string[]> {
    const remarks = await Promise.all(folders.map(async ({ id, folder }) => {
      const { stdout, stderr } = await plane.kubectl(['apply', '--validate=strict', '-k', folder]);
      return [...stdout.trim().split('\n').filter(line => !line.endsWith(` ${word}`)), stderr].filter(line => line !== '').map(line => `${id}: ${line}`);
    }));
    return remarks.flat();
  }

  step('every unit applies with strict validation and without a warning, and a second time it changes nothing', async () => {
    expect((await plane.kubectl(['apply', '-k', CLUSTER_FOLDER])).stderr).toBe('');
    expect(await apply('created')).toEqual([]);
    expect(await apply('unchanged')).toEqual([]);
  });

  step('a bare pod of every job passes Pod Security, and a slip in it does not', async () => {
    expect(await Promise.all(jobs.map(job => admitBare(plane, job)))).toEqual(
      jobs.map(({ name }) => ({ name, status: 201, warnings: [], message: undefined })));
    expect((await admitBare(plane, jobs[0], { hostPID: true })).message).toContain('violates PodSecurity "restricted:latest": host namespaces');
  });

  step('nothing that fills a disk is placed where its zone or its kind of machine is missing', async () => {
    // of a zone that no disk is in, and of a kind that attaches no disk of the matrix
    await plane.api.create('/api/v1/nodes', plainNode('far', labels('us-central1-x', machineFamiliesFor('hyperdisk-ml')[0])));
    const [zone] = cells.find(cell => cell.zones)!.zones!;
    await plane.api.create('/api/v1/nodes', plainNode('strange', labels(zone, 'z9')));
    await eventually('the other jobs are complete', async () => (await completeJobs(plane)).length === jobs.length - cells.filter(cell => cell.zones).length);
    const waiting = (await plane.api.list<Pod>(PODS)).filter(({ spec }) => !spec.nodeName).map(({ metadata }) => metadata.labels!['app.kubernetes.io/name']);
    expect(new Set(waiting)).toEqual(new Set(['weights-hydration']));
    expect(waiting).toHaveLength(cells.filter(cell => cell.zones).length);
  });

  step('every job is placed and completes', async () => {
    const zones = [...new Set(cells.flatMap(cell => cell.zones ?? []))];
    const [family] = machineFamiliesFor('hyperdisk-ml').filter(candidate => machineFamiliesFor('pd-ssd').includes(candidate));
    await Promise.all(zones.map(zone => plane.api.create('/api/v1/nodes', plainNode(`cpu-${zone}`, labels(zone, family)))));
    await eventually('all jobs are complete', async () => (await completeJobs(plane)).length === jobs.length);
    expect((await completeJobs(plane)).sort()).toEqual(jobs.map(({ name }) => name).sort());
  });

  step('deleting a unit leaves nothing of it', async () => {
    expect(await objectsNaming(plane, SERVER_PREFIX)).not.toEqual([]);
    const answers = await Promise.all(folders.map(({ folder }) => plane.kubectl(['delete', '--wait=false', '-k', folder])));
    expect(answers.map(({ stderr }) => stderr).join('')).toBe('');
    let left: string[] = [];
    await eventually('nothing is left', async () => {
      left = await objectsNaming(plane, SERVER_PREFIX);
      return left.length === 0;
    }).catch(() => undefined);
    expect(left).toEqual([]);
    await eventually('no disk is left', async () => (await plane.api.list('/api/v1/persistentvolumes')).length === 0);
  });
});

function labels(zone: string, machineFamily: string): Record<string, string> {
  return { 'topology.kubernetes.io/zone': zone, 'topology.gke.io/zone': zone, 'cloud.google.com/machine-family': machineFamily };
}

async function completeJobs(plane: ControlPlane): Promise<string[]> {
  return (await plane.api.list<Job>(JOBS))
    .filter(({ status }) => status.conditions?.some(({ type, status: is }) => type === 'Complete' && is === 'True')).map(({ metadata }) => metadata.name);
}
