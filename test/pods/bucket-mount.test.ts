import { BatchInference, LocustLoadTest, ModelEvaluation } from '../../lib';
import { bucketFile, BucketMount } from '../../lib/pods';
import { refusalOf } from '../refusal-of';
import { objectsOf, server, unit } from '../serving/rendered';

const AT = { volume: 'data', mountPath: '/data' };
const folder = (path: string) => ({ what: '\'output\'', path });

/** Each place where a folder of a bucket becomes part of a mount option; a revision is one as well, which the storage's own test has. */
const PLACES: { readonly [place: string]: (path: string) => unknown } = {
  'the output of a load test': path => new LocustLoadTest(unit(), 'it', { server: server(unit()), output: { bucket: 'b0b', path } }),
  'the input of a batch': path => batch({ input: `${path}/input.jsonl` }),
  'the output of a batch': path => batch({ output: path }),
  'the labels of an evaluation': path => new ModelEvaluation(unit(), 'it', { batch: batch({}), labels: `${path}/labels.jsonl` }),
  'the output of an evaluation': path => new ModelEvaluation(unit(), 'it', { batch: batch({}), labels: 'in/labels.jsonl', output: path }),
};

function batch(props: object): BatchInference {
  const scope = unit();
  return new BatchInference(scope, 'batch', { server: server(scope), bucket: 'b0b', input: 'in/input.jsonl', output: 'out', ...props });
}

describe.each(Object.entries(PLACES))('%s', (_, make) => {
  test.each(['a,b', 'a b', 'a,only-dir=other', 'a\u00a0b', 'a\u3000b', 'a\u2028b'])('%j never reaches a mount option', (path) => {
    expect(refusalOf(() => make(path))).toContain('is part of a mount option of Cloud Storage FUSE, which ends at a comma; use one without commas and spaces');
  });

  test.each(['a\tb', 'a\nb', '../a', '/a', 'a/', 'gs://a'])('%j is no path of a bucket', (path) => {
    expect(refusalOf(() => make(path))).toMatch(/must be a path in the bucket|must be one below the bucket/);
  });

  test.each(['a:b', 'a=b', '007', 'true', 'my-https-logs', 'ä'])('%j is a folder as any other', (path) => {
    expect(() => make(path)).not.toThrow();
  });
});

test('of what a pod mounts the folder is the one option that names it', () => {
  const scope = unit();
  const one = new BatchInference(scope, 'batch', { server: server(scope), bucket: 'b0b', input: 'in/input.jsonl', output: 'a=b:c' });
  const job = objectsOf(scope).find(({ kind, metadata }) => kind === 'Job' && metadata.name === one.name)!;
  const options = job.spec.template.spec.volumes.flatMap(({ csi }: { csi?: { volumeAttributes: { mountOptions: string } } }) =>
    csi ? [csi.volumeAttributes.mountOptions.split(',').filter(option => option.startsWith('only-dir'))] : []);
  expect(options).toEqual([['only-dir=in'], ['only-dir=a=b:c']]);
});

test('a mount grants what it shows, and no more than it is for', () => {
  expect(BucketMount.writable('b0b', folder('a/b'), AT).grant).toEqual({ bucket: 'b0b', folder: 'a/b', verb: 'write' });
  expect(BucketMount.readable('b0b', folder('a/b'), AT).grant).toEqual({ bucket: 'b0b', folder: 'a/b', verb: 'read' });
});

test('a file is its folder and its name, and at the top of a bucket it has no folder', () => {
  expect(bucketFile('input', 'a/b/c.jsonl')).toEqual({ folder: { what: '\'input\'', path: 'a/b' }, name: 'c.jsonl' });
  expect(refusalOf(() => bucketFile('input', 'c.jsonl'))).toBe('\'input\' (c.jsonl) lies in no folder of the bucket, and a pod may see folders alone;'
    + ' move it into one, for example batch/c.jsonl');
});
