import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { exampleNames, ExampleProject, EXAMPLES, PROJECT } from '../../scripts/docs/example';
import { ControlPlane, Minor } from '../rig/control-plane';
import { Part } from '../rig/cluster/parts';
import { Rendered } from '../serving/rendered';
import { AppliedFolders, foldersIn } from './example-folders';

const run = promisify(execFile);
const KUBECTLS: { readonly [minor in Minor]: string } = {
  1.33: Part.KUBERNETES_1_33.file('kubectl'), 1.36: Part.KUBERNETES_1_36.file('kubectl'),
};
const MANIFESTS = 'dist/kustomize';
const OVERLAY = 'examples/overlay';
const writers = exampleNames().filter(name => readFileSync(join(EXAMPLES, name), 'utf8').includes('new KustomizeApp('));

/**
 * Those about names, namespaces, accounts and KEDA. One with a metrics adapter would keep every namespace from going, as nobody serves
 * the adapter's API here.
 */
const APPLIED = ['existing-account.ts', 'keda.ts', 'keyed-server.ts', 'two-models.ts', 'two-namespaces.ts'];

async function rendered(kubectl: string, folder: string): Promise<Rendered[]> {
  const { stdout } = await run(kubectl, ['kustomize', folder], { maxBuffer: 1 << 28 });
  return parseAllDocuments(stdout).map(document => document.toJS() as Rendered);
}

/** Whether the patch of the overlay is in the Deployment. */
function isPatched(manifests: readonly Rendered[]): boolean {
  return manifests.find(({ kind }) => kind === 'Deployment')!.spec.template.metadata.labels['example.com/cost-center'] === '4711';
}

test('there are examples that write manifests', () => {
  expect(writers.length).toBeGreaterThan(1);
});

const projects = new Map(writers.map(name => [name, new ExampleProject()]));
beforeAll(() => projects.forEach((project, name) => project.run(name)));
afterAll(() => projects.forEach(project => project.remove()));

describe.each(ControlPlane.MINORS)('kubectl of Kubernetes %s', (minor) => {
  const kubectl = KUBECTLS[minor];

  test('renders the overlay: the server with what was added, and nothing lost', async () => {
    const server = await rendered(kubectl, join(PROJECT, MANIFESTS, 'l4-gcs/server'));
    const patched = await rendered(kubectl, join(PROJECT, OVERLAY));
    expect(isPatched(patched)).toBe(true);
    expect(patched.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(server.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
    const [before, after] = [server, patched].map(manifests => manifests.find(({ kind }) => kind === 'Deployment')!.spec.template);
    expect(after.metadata.labels).toEqual({ ...before.metadata.labels, 'example.com/cost-center': '4711' });
    expect(after.spec.tolerations).toEqual([...before.spec.tolerations, expect.objectContaining({ key: 'example.com/reserved-for' })]);
    expect({ ...after.spec, tolerations: [] }).toEqual({ ...before.spec, tolerations: [] });
  });

  test('leaves a patch out without a word when its server has another name, as the docs say', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'overlay-'));
    try {
      cpSync(join(PROJECT, OVERLAY), join(folder, OVERLAY), { recursive: true });
      cpSync(join(PROJECT, MANIFESTS), join(folder, MANIFESTS), { recursive: true });
      cpSync(join(PROJECT, MANIFESTS, 'l4-pd/server'), join(folder, MANIFESTS, 'l4-gcs/server'), { recursive: true });
      expect(isPatched(await rendered(kubectl, join(folder, OVERLAY)))).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each(writers)('renders every folder that %s writes', async (name) => {
    const all = await Promise.all(foldersIn(projects.get(name)!.manifests!).map(folder => rendered(kubectl, folder)));
    expect(Math.min(...all.map(({ length }) => length))).toBeGreaterThan(0);
  });

  describe('with its API server', () => {
    let plane: ControlPlane;

    beforeAll(async () => {
      plane = await ControlPlane.start({ minor });
      await plane.applyCrds();
    });

    afterAll(() => plane?.stop());

    test.each(APPLIED)('applies every folder of %s strictly, a second time without a change, and its workloads get pods', async (name) => {
      const folders = foldersIn(projects.get(name)!.manifests!);
      const objects = (await Promise.all(folders.map(folder => rendered(kubectl, folder)))).flat();
      const applied = new AppliedFolders(plane, folders, objects);
      await applied.makeWhatIsThere();
      expect(await applied.apply()).toEqual([]);
      expect(await applied.changes()).toEqual([]);
      await applied.havePods();
      await applied.delete();
    });
  });
});
