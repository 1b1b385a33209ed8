import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SERVER_PROGRAMS } from '../../lib/serving/server-programs';
import { programFolder } from '../rig/program-folder';
import { DEFAULT_RELEASE, sandboxCommand } from '../rig/vllm';
import { pythonOf } from '../rig/vllm/install';

// The interpreter is that of the server's image; `npm test` needs node only, so this runs with the rig.
const PROGRAMS = programFolder(SERVER_PROGRAMS.data);
const MODEL = 'google/gemma-2-9b-it';
const REVISION = '11c9b309abf73637e4b6f9a3fa1e92e615547819';
const FILES = { 'config.json': '{}', 'model-00001-of-00002.safetensors': 'x'.repeat(1000), 'nested/tokenizer.model': 'spm' };

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weights-'));
});

afterEach(() => {
  chmodSync(directory, 0o755);
  rmSync(directory, { recursive: true });
});

function write(name: string, content: string): void {
  mkdirSync(dirname(join(directory, name)), { recursive: true });
  writeFileSync(join(directory, name), content);
}

/** As the loader leaves it: files, manifest, and last of all the marker. */
function complete(): void {
  for (const [name, content] of Object.entries(FILES)) {
    write(name, content);
  }
  manifest({});
  write(`.complete-${REVISION}`, '');
}

function manifest(change: object): void {
  const files = Object.entries(FILES).map(([path, content]) => ({ path, size: content.length }));
  write('MANIFEST.json', JSON.stringify({ model: MODEL, revision: REVISION, files, ...change }));
}

function check(prefix: string[] = [], mounted = directory, ...digest: string[]): { status: number | null; stdout: string; stderr: string } {
  const programs = prefix.length > 0 ? '/check' : PROGRAMS;
  const [command, ...args] = [...prefix, pythonOf(DEFAULT_RELEASE), `${programs}/weights_check.py`, mounted, MODEL, REVISION, ...digest];
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env: { PATH: '/usr/bin:/bin', PYTHONDONTWRITEBYTECODE: '1' } });
  return { status, stdout, stderr };
}

function refusal(problem: string): object {
  return {
    status: 65,
    stdout: '',
    stderr: `weights of ${MODEL} at revision ${REVISION} cannot be served: ${problem}.\n`
      + 'Weights in a bucket: kubectl apply -k CELL/weights, and wait until its Job is complete.\n'
      + 'Weights on a disk: then also kubectl delete -k CELL/server, and apply CELL/hydration, CELL/snapshot and CELL, each when the one'
      + ' before is complete.\n',
  };
}

const COMPLETE = { status: 0, stdout: `weights of ${MODEL} at revision ${REVISION} are complete\n`, stderr: '' };

test('complete', () => {
  complete();
  expect(check()).toEqual(COMPLETE);
});

test('further files and markers do not matter', () => {
  complete();
  write('README.md', 'more');
  write('.complete-main', '');
  expect(check()).toEqual(COMPLETE);
});

test('the manifest that a lock foresees, and another', () => {
  complete();
  const digest = createHash('sha256').update(readFileSync(join(directory, 'MANIFEST.json'))).digest('hex');
  expect(check([], directory, digest)).toEqual(COMPLETE);
  write('config.json', '[]');
  manifest({ files: [{ path: 'config.json', size: 2, sha256: 'other' }] });
  expect(check([], directory, digest)).toEqual(
    refusal('MANIFEST.json is not what the model lock says; they were loaded without it, or it was written again since'));
});

test('no directory', () => {
  expect(check([], `${directory}/absent`)).toEqual(refusal(`${directory}/absent is not mounted`));
});

test('a file instead of a directory', () => {
  write('file', '');
  expect(check([], `${directory}/file`)).toEqual(refusal(`${directory}/file is not mounted`));
});

test('nothing there', () => {
  expect(check()).toEqual(refusal(`there is no marker .complete-${REVISION}: the weights are missing or not loaded to the end`));
});

test('everything but the marker', () => {
  complete();
  rmSync(join(directory, `.complete-${REVISION}`));
  expect(check()).toEqual(refusal(`there is no marker .complete-${REVISION}: the weights are missing or not loaded to the end`));
});

test('markers of other revisions', () => {
  complete();
  rmSync(join(directory, `.complete-${REVISION}`));
  write('.complete-main', '');
  write('.complete-0123456789', '');
  expect(check()).toEqual(refusal(`there is revision 0123456789, main, not ${REVISION}`));
});

test('the marker of this revision beside the manifest of another', () => {
  complete();
  manifest({ revision: 'main' });
  expect(check()).toEqual(refusal(`MANIFEST.json is of ${MODEL} at revision main`));
});

test('another model', () => {
  complete();
  manifest({ model: 'google/gemma-2-27b-it' });
  expect(check()).toEqual(refusal(`MANIFEST.json is of google/gemma-2-27b-it at revision ${REVISION}`));
});

test('a missing file', () => {
  complete();
  rmSync(join(directory, 'nested/tokenizer.model'));
  expect(check()).toEqual(refusal('nested/tokenizer.model is missing'));
});

test('a truncated file', () => {
  complete();
  truncateSync(join(directory, 'model-00001-of-00002.safetensors'), 999);
  expect(check()).toEqual(refusal('model-00001-of-00002.safetensors has 999 bytes instead of 1000'));
});

test('a file that is too long', () => {
  complete();
  write('config.json', '{"a": 1}');
  expect(check()).toEqual(refusal('config.json has 8 bytes instead of 2'));
});

test('no manifest', () => {
  complete();
  rmSync(join(directory, 'MANIFEST.json'));
  expect(check()).toEqual(refusal(`MANIFEST.json cannot be read: [Errno 2] No such file or directory: '${directory}/MANIFEST.json'`));
});

test.each([
  ['cut short', '{"model": "google/', 'Unterminated string starting at: line 1 column 11 (char 10)'],
  ['empty', '', 'Expecting value: line 1 column 1 (char 0)'],
  ['not an object', '[]', 'list indices must be integers or slices, not str'],
  ['without a revision', `{"model": "${MODEL}", "files": []}`, '\'revision\''],
  ['with a file of no size', `{"model": "${MODEL}", "revision": "${REVISION}", "files": [{"path": "a"}]}`, '\'size\''],
  ['with a size that is no number', `{"model": "${MODEL}", "revision": "${REVISION}", "files": [{"path": "a", "size": null}]}`,
    'int() argument must be a string, a bytes-like object or a real number, not \'NoneType\''],
])('a manifest that is %s', (_, text, message) => {
  complete();
  write('MANIFEST.json', text);
  expect(check()).toEqual(refusal(`MANIFEST.json cannot be read: ${message}`));
});

test('a manifest that is not UTF-8', () => {
  complete();
  writeFileSync(join(directory, 'MANIFEST.json'), Buffer.from([0x7b, 0xff, 0xfe]));
  expect(check()).toMatchObject({ status: 65, stderr: expect.stringContaining('MANIFEST.json cannot be read: \'utf-8\' codec can\'t decode byte 0xff') });
});

test('a manifest without a file', () => {
  complete();
  manifest({ files: [] });
  expect(check()).toEqual(refusal('MANIFEST.json names no file'));
});

describe('as the server\'s user', () => {
  const sandbox = () => sandboxCommand({ uid: 10001, writable: [], mounts: { '/check': PROGRAMS, '/weights': directory } });

  test('complete', () => {
    complete();
    chmodSync(directory, 0o755);
    expect(check(sandbox(), '/weights')).toEqual(COMPLETE);
  });

  test('a bucket or disk that it may not read', () => {
    complete();
    chmodSync(directory, 0o711);
    expect(check(sandbox(), '/weights'))
      .toEqual(refusal('/weights cannot be read: Permission denied; may this pod\'s service account read the weights?'));
  });
});
