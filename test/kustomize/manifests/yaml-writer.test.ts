import { parse } from 'yaml';
import { toYaml } from '../../../lib/kustomize/manifests/yaml-writer';
import { HOSTILE_STRINGS, keyFrom, RandomManifests } from '../random-manifests';

/** As kubectl (YAML 1.1 words) and newer readers (1.2) see it. */
function expectSameForReaders(manifest: Record<string, unknown>): void {
  const text = toYaml(manifest);
  for (const version of ['1.1', '1.2'] as const) {
    expect(parse(text, { version, merge: false, strict: true })).toEqual(manifest);
  }
}

test('writes keys in the usual order, words plain, everything else quoted, and text as a block', () => {
  expect(toYaml({
    spec: {
      replicas: 2,
      template: { spec: { containers: [{ args: ['--model=/weights', 'serve'], env: [], image: 'a/b:v1', name: 'main', resources: {} }] } },
      paused: false,
    },
    metadata: { labels: { b: 'on', a: '1' }, namespace: 'vllm', annotations: { x: 'y: z' }, name: 'server' },
    kind: 'Deployment',
    data: { 'app.py': 'if x:\n\n  y\n', tail: 'a\nb', lists: [[1, 2], [{ a: 1, b: [] }]] },
    apiVersion: 'apps/v1',
  })).toMatchInlineSnapshot(`
"apiVersion: apps/v1
kind: Deployment
metadata:
  name: server
  namespace: vllm
  labels:
    a: "1"
    b: "on"
  annotations:
    x: "y: z"
data:
  app.py: |
    if x:

      y
  lists:
  - - 1
    - 2
  - - a: 1
      b: []
  tail: |-
    a
    b
spec:
  paused: false
  replicas: 2
  template:
    spec:
      containers:
      - name: main
        image: "a/b:v1"
        args:
        - "--model=/weights"
        - serve
        env: []
        resources: {}
"
`);
});

test.each(HOSTILE_STRINGS.map(text => [JSON.stringify(text).slice(0, 40), text]))('reads back %s', (_, text) => {
  expectSameForReaders({ value: text, list: [text, [text]], [keyFrom(text)]: { [keyFrom(text)]: text } });
});

test('reads back 2000 random manifests', () => {
  const random = new RandomManifests(20261121);
  for (let count = 0; count < 2000; count++) {
    expectSameForReaders(random.next());
  }
});

test('is the same text whatever the order of the keys', () => {
  expect(toYaml({ b: { d: 1, name: 'x' }, a: 2 })).toBe(toYaml({ a: 2, b: { name: 'x', d: 1 } }));
});

test('reads back numbers of every size', () => {
  expectSameForReaders({ numbers: [0, -1, 1e15, -9007199254740991, 0.1, 1e-7, -2.5e-10, 5e-324, 123456.789] });
});

test.each<[string, unknown, string]>([
  ['null', { spec: { a: [{ b: null }] } }, 'spec.a[0].b is null: a value was lost on the way. Leave the key out, or, if a JSON patch set it, use the L1 class'],
  ['undefined', { limits: { 'nvidia.com/gpu': undefined } }, 'limits["nvidia.com/gpu"] is undefined: a value was lost on the way. Leave the key out, or, if a JSON patch set it, use the L1 class'],
  ['a hole in a list', { a: [undefined] }, 'a[0] is undefined: a value was lost on the way. Leave the key out, or, if a JSON patch set it, use the L1 class'],
  ['NaN', { a: NaN }, 'a is NaN, which no manifest can hold'],
  ['Infinity', { a: -Infinity }, 'a is -Infinity, which no manifest can hold'],
  ['an integer beyond 2^53', { a: 2 ** 53 }, 'a is 9007199254740992, beyond ±2^53 where digits are lost; write it as a string'],
  ['a date', { a: new Date(0) }, 'a is a Date, not a plain value; render it first'],
  ['a function', { a: () => 1 }, 'a is a function, not a plain value; render it first'],
  ['a big integer', { a: 1n }, 'a is a bigint, not a plain value; render it first'],
  ['NUL', { a: 'x\0' }, 'a holds the character U+0000 at position 1, which YAML readers change or reject; remove it'],
  ['escape', { a: 'line\n\x1b[0m' }, 'a holds the character U+001B at position 5, which YAML readers change or reject; remove it'],
  ['delete', { a: '\x7f' }, 'a holds the character U+007F at position 0, which YAML readers change or reject; remove it'],
  ['next line', { a: '\x85' }, 'a holds the character U+0085 at position 0, which YAML readers change or reject; remove it'],
  ['line separator', { a: { 'b c': '\u2028' } }, 'a["b c"] holds the character U+2028 at position 0, which YAML readers change or reject; remove it'],
  ['paragraph separator in a key', { 'a\u2029': 1 }, '["a\u2029"] holds the character U+2029 at position 1, which YAML readers change or reject; remove it'],
  ['lone surrogate', { a: '\ud800' }, 'a holds the character U+D800 at position 0, which YAML readers change or reject; remove it'],
  ['a long key', { ['k'.repeat(1001)]: 1 }, `${'k'.repeat(1001)} a key of 1001 characters, but YAML readers take at most 1000; shorten it`],
  ['a merge key', { a: { '<<': 1 } }, 'a["<<"] is a key that kustomize takes for a YAML merge, quoted or not, and drops; rename it'],
  ['no mapping', 'a', ' a manifest is an object with keys, got "a"'],
])('refuses %s', (_, manifest, message) => {
  expect(() => toYaml(manifest)).toThrow(new Error(message));
});
