import { execFile } from 'node:child_process';
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { Part } from '../rig/cluster/parts';
import { Cell, CLUSTER_FOLDER, Manifest } from './cells';

const run = promisify(execFile);
const cells = Cell.all();
const units = cells.flatMap(cell => [...cell.units, ...cell.unitsApart].map(unit => join(cell.folder, unit)));
const folders = [CLUSTER_FOLDER, ...cells.map(cell => cell.folder), ...units];

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

async function kustomize(kubectl: string, folder: string): Promise<string> {
  return (await run(kubectl, ['kustomize', folder], { maxBuffer: 1 << 28 })).stdout;
}

const [reference, ...others] = kubectls();
const outputs = new Map<string, string>();

beforeAll(async () => {
  for (const folder of folders) {
    outputs.set(folder, await kustomize(reference, folder));
  }
});

test.each(others)('%s renders every folder as the first kubectl does', async (kubectl) => {
  const different: string[] = [];
  for (const folder of [CLUSTER_FOLDER, ...cells.map(cell => cell.folder)]) {
    if (await kustomize(kubectl, folder) !== outputs.get(folder)) {
      different.push(folder);
    }
  }
  expect(different).toEqual([]);
});

test.each(cells)('a cell is its units: $id', ({ folder, units, manifests }) => {
  const objects = (path: string) => parseAllDocuments(outputs.get(path)!).map(document => document.toJS() as Manifest).sort(byIdentity);
  expect(objects(folder)).toEqual(units.flatMap(unit => objects(join(folder, unit))).sort(byIdentity));
  // and kustomize changes nothing in what is written
  expect(objects(folder)).toEqual([...manifests].sort(byIdentity));
});

function byIdentity(one: Manifest, other: Manifest): number {
  return `${one.kind} ${one.metadata.name}`.localeCompare(`${other.kind} ${other.metadata.name}`);
}
