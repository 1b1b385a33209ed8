import { execFile } from 'node:child_process';
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { buildMatrix } from '../../apps/matrix';
import { readSettings } from '../../apps/settings';
import { KustomizeUnit } from '../../lib';
import { isClusterScoped, Manifest } from '../../lib/kustomize/manifests/manifest';
import { PROJECT } from '../dist/project-copy';
import { Part } from '../rig/cluster/parts';
import { Cell, KUSTOMIZE } from './cells';

const run = promisify(execFile);
const ATONCE = 4;

function programsIn(directory: string): string[] {
  const names = statSync(directory, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(directory) : [];
  return names.filter(name => /^kubectl([.-]?v?\d+(\.\d+)*)?$/.test(name)).map(name => realpathSync(join(directory, name)));
}

/** Those that the rig has built, those on PATH, and the other versions beside these. */
function kubectls(): string[] {
  const onPath = (process.env.PATH ?? '').split(delimiter).flatMap(programsIn);
  const programs = [Part.KUBERNETES_1_33, Part.KUBERNETES_1_36].map(part => part.file('kubectl'));
  return [...new Set([...programs, ...onPath, ...[...new Set(onPath.map(dirname))].flatMap(programsIn)])];
}

/** Every unit with its objects as cdk8s itself renders them, without the namespace that a cluster-wide kind cannot have. */
function unitsInMemory(): Map<string, Manifest[]> {
  const { app } = buildMatrix(PROJECT, readSettings({}, join(PROJECT, 'there-is-none')));
  const units = app.node.findAll().filter(child => KustomizeUnit.isUnit(child));
  return new Map(units.map(unit => [unit.folder, (unit.toJson() as Manifest[]).map(withoutStrayNamespace)]));
}

function withoutStrayNamespace(manifest: Manifest): Manifest {
  const { namespace, ...metadata } = manifest.metadata;
  return isClusterScoped(manifest.kind) ? { ...manifest, metadata } : { ...manifest, metadata: { ...metadata, namespace } };
}

/** What `kubectl kustomize` makes of each folder. */
async function kustomized(kubectl: string, folders: readonly string[]): Promise<Map<string, Manifest[]>> {
  const found = new Map<string, Manifest[]>();
  const left = [...folders];
  await Promise.all(Array.from({ length: ATONCE }, async () => {
    for (let folder = left.pop(); folder !== undefined; folder = left.pop()) {
      const { stdout } = await run(kubectl, ['kustomize', join(KUSTOMIZE, folder)], { maxBuffer: 1 << 28 });
      found.set(folder, parseAllDocuments(stdout).map(document => document.toJS() as Manifest));
    }
  }));
  return found;
}

function byIdentity(one: Manifest, other: Manifest): number {
  return `${one.kind} ${one.metadata.name}`.localeCompare(`${other.kind} ${other.metadata.name}`);
}

/** Plain values in one order, so that they can be compared. */
function sorted(manifests: readonly Manifest[]): Manifest[] {
  return (JSON.parse(JSON.stringify(manifests)) as Manifest[]).sort(byIdentity);
}

const units = unitsInMemory();
const programs = kubectls();

test('the versions of kubectl are several', () => {
  expect(programs.length).toBeGreaterThanOrEqual(2);
  expect(units.size).toBeGreaterThan(100);
});

test.each(programs)('what %s makes of every unit is what the constructs made', async (kubectl) => {
  const found = await kustomized(kubectl, [...units.keys()]);
  const different = [...units].filter(([folder, manifests]) => !isDeepStrictEqual(sorted(found.get(folder)!), sorted(manifests)));
  expect(different.map(([folder]) => folder)).toEqual([]);
});

test('a cell is the units that are applied with it', async () => {
  const cells = Cell.all();
  const found = await kustomized(programs[0], cells.map(({ id }) => id));
  for (const { id, units: applied } of cells) {
    expect(sorted(found.get(id)!)).toEqual(sorted(applied.flatMap(unit => units.get(`${id}/${unit}`)!)));
  }
});
