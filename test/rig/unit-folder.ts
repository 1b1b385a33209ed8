import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

interface Kustomization {
  readonly resources?: readonly string[];
  readonly namespace?: string;
  readonly namePrefix?: string;
  readonly labels?: readonly { readonly pairs: Record<string, string> }[];
  readonly configMapGenerator?: readonly { readonly name: string; readonly files: readonly string[] }[];
}

/**
 * The objects of a folder as kustomize makes them of what we write: files, units, and overlays of the programs that units share.
 * That kustomize itself makes the same is shown by test/cluster/kustomize.test.ts.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- YAML of many kinds; a wrong path fails the test that reads it
export function objectsIn(folder: string): any[] {
  const { resources = [], namespace, namePrefix = '', labels = [], configMapGenerator = [] } = read(join(folder, 'kustomization.yaml')) as Kustomization;
  const made = configMapGenerator.map(({ name, files }) => ({
    apiVersion: 'v1', kind: 'ConfigMap', metadata: { name },
    data: Object.fromEntries(files.map(file => [file, readFileSync(join(folder, file), 'utf8')])),
  }));
  const found = resources.map(name => join(folder, name)).flatMap(path => statSync(path).isDirectory() ? objectsIn(path) : [read(path)]);
  const pairs = Object.assign({}, ...labels.map(label => label.pairs));
  return [...found, ...made].map(object => namePrefix === '' && namespace === undefined ? object : {
    ...object,
    metadata: { ...object.metadata, name: namePrefix + object.metadata.name, namespace, labels: { ...object.metadata.labels, ...pairs } },
  });
}

function read(file: string): unknown {
  return parse(readFileSync(file, 'utf8'));
}
