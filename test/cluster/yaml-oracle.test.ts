import { toYaml } from '../../lib/kustomize/manifests/yaml-writer';
import { HOSTILE_STRINGS, keyFrom, RandomManifests } from '../kustomize/random-manifests';
import { readByKubectl, readByKustomize, readByPyYaml } from './yaml-readers';

/** Needs kubectl (or $KUBECTL) and a Python with PyYAML (or $PYTHON). */
const random = new RandomManifests(20261122);
const manifests = [
  ...HOSTILE_STRINGS.map((text, index) => ({
    apiVersion: 'test/v1', kind: 'Any', metadata: { name: `hostile-${index}` }, spec: { value: text, list: [text, [text]], [keyFrom(text)]: text },
  })),
  ...Array.from({ length: 1000 }, () => random.next()),
];

test.each([
  ['PyYAML', readByPyYaml],
  ['kubectl -f', readByKubectl],
  ['kubectl -k', readByKustomize],
])('%s reads back every manifest', (_, read) => {
  const found = read(manifests.map(toYaml));
  expect(found).toHaveLength(manifests.length);
  const byName = new Map(found.map(manifest => [nameOf(manifest), manifest]));
  for (const manifest of manifests) {
    expect(byName.get(nameOf(manifest))).toEqual(manifest);
  }
});

test('the readers tell a text that is read differently', () => {
  const text = 'apiVersion: test/v1\nkind: Any\nmetadata:\n  name: x\nspec:\n  a: 0o17\n  b: yes\n';
  expect(readByPyYaml([text])).toMatchObject([{ spec: { a: '0o17', b: true } }]);
  expect(readByKubectl([text])).toMatchObject([{ spec: { a: 15, b: true } }]);
});

function nameOf(manifest: unknown): string {
  return (manifest as { metadata: { name: string } }).metadata.name;
}
