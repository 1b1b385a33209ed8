import { setTimeout } from 'node:timers/promises';
import { HubConnection, HubConnectionProps } from '../../lib/cli/hub-connection';
import { ExitCode, Failure } from '../../lib/cli/failure';
import { lockModel } from '../../lib/cli/lock';
import { TinyFolder } from '../catalog/tiny-folder';
import { Fault, SeenRequest } from '../rig/faulty-server';
import { HubServer } from '../rig/hub';
import { asHubModel, COMMIT, tinyModel } from './locked-models';

const ID = 'me/tiny';
const TOKEN = 'hf_thisMustNeverBeSeen';

let folder: TinyFolder;
let hub: HubServer;
let right: string;

beforeAll(async () => {
  folder = tinyModel('several files, and tensors that the index leaves out');
  hub = await HubServer.start({ [ID]: asHubModel(folder) });
  right = await lock();
});
afterEach(() => {
  hub.fault = undefined;
  hub.seen.length = 0;
});
afterAll(async () => {
  await hub.stop();
  folder.remove();
});

function lock(props: Partial<HubConnectionProps> = {}, revision = 'main'): Promise<string> {
  return lockModel(new HubConnection({ endpoint: hub.url, firstWaitMilliseconds: 1, ...props }), ID, revision);
}

async function failureOf(locking: Promise<string>): Promise<Failure> {
  const failure: unknown = await locking.then(() => undefined, (error: unknown) => error);
  expect(failure).toBeInstanceOf(Error);
  expect((failure as Error).message).not.toContain('\n');
  return failure as Failure;
}

/** What goes wrong with what is asked for where the path contains this, the first so many times. */
function failing(where: string, fault: Fault, times = Infinity): void {
  let left = times;
  hub.fault = (request: SeenRequest) => request.path.includes(where) && left-- > 0 ? fault : undefined;
}

const ASKED = ['/api/models/', 'tokenizer.json', '/cdn/me/tiny/', 'model-00002-of-00002.safetensors'];
const PASSING: [string, Fault][] = [
  ['429', { status: 429 }], ['408', { status: 408 }], ['500', { status: 500 }], ['502', { status: 502, body: '<html>' }], ['503', { status: 503 }],
  ['429 with patience', { status: 429, headers: { 'retry-after': '0' } }],
  ['503 until a date', { status: 503, headers: { 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' } }],
  ['reset before the answer', { reset: 'before' }], ['reset after it', { reset: 'after' }],
];

describe.each(ASKED)('%s', (where) => {
  test.each(PASSING)('%s, twice: it is asked for again', async (_, fault) => {
    failing(where, fault, 2);
    expect(await lock()).toBe(right);
  });

  test.each(PASSING)('%s, always: five tries, then it is said', async (_, fault) => {
    failing(where, fault);
    const failure = await failureOf(lock());
    expect(failure.exitCode).toBe(ExitCode.UNAVAILABLE);
    expect(failure.message)
      .toMatch(/^[\w./ -]+: http:\/\/127\.0\.0\.1:\d+ (answers \d+|does not answer: \w+) \(5 tries\)\. Try again later$/);
    expect(Math.max(...hub.seen.map(request => request.earlier))).toBeGreaterThan(0);
  });
});

/** Of files whose digest is known, and of the list. */
const WRONG: [string, Fault][] = [
  ['cut off', { cutAfter: 5 }], ['a byte too few', { length: -1 }], ['a byte too many', { length: 1 }], ['another bit', { flip: 7 }],
];

describe.each([`resolve/${COMMIT}/tokenizer.json`, `cdn/me/tiny/${COMMIT}/model.safetensors.index.json`])('%s', (where) => {
  test.each(WRONG)('%s, once: it is asked for again', async (_, fault) => {
    failing(where, fault, 1);
    expect(await lock()).toBe(right);
  });

  test.each(WRONG)('%s, always: it is refused', async (_, fault) => {
    failing(where, fault);
    expect((await failureOf(lock())).message).toMatch(
      /(does not answer: |bytes came instead of \d+|its bytes are not those of the hub's digest).* \(5 tries\)\. Try again later$/);
  });
});

test.each<[string, Fault]>([['cut off', { cutAfter: 300 }], ['a byte too few', { length: -1 }]])('a header %s is asked for again', async (_, fault) => {
  failing(`/cdn/me/tiny/${COMMIT}/model-00001`, fault, 1);
  expect(await lock()).toBe(right);
  failing(`/cdn/me/tiny/${COMMIT}/model-00001`, fault);
  expect((await failureOf(lock())).message).toMatch(/^model-00001-of-00002\.safetensors of me\/tiny: /);
});

test.each<[string, Fault]>([
  ['cut off', { cutAfter: 50 }], ['a byte too few', { length: -1 }], ['a page', { status: 200, body: '<html>Welcome to the hotel</html>' }],
  ['null', { status: 200, body: 'null' }], ['another JSON', { status: 200, body: '{"sha": "main", "siblings": []}' }],
])('a list that is %s is asked for again, then refused', async (_, fault) => {
  failing('/api/', fault, 2);
  expect(await lock()).toBe(right);
  failing('/api/', fault);
  expect((await failureOf(lock())).message).toMatch(/^the files of me\/tiny: .*\(5 tries\)/);
});

test.each<[string, object, RegExp]>([
  ['names another model', { id: 'you/tiny' }, /calls me\/tiny by another name\. Lock you\/tiny instead$/],
  ['has a file without digest', { siblings: [{ rfilename: 'a.json', size: 5 }] }, /gives neither size nor digest of "a\.json"$/],
  ['has a file without size', { siblings: [{ rfilename: 'a.json', blobId: 'a'.repeat(40) }] }, /gives neither size nor digest of "a\.json"$/],
  ['has a large file with half a digest', { siblings: [{ rfilename: 'a.json', size: 5, lfs: { sha256: 'abc' } }] }, /gives neither/],
  ['has no file', { siblings: [] }, /^me\/tiny has no config\.json/],
])('a list that %s is refused', async (_, change, sentence) => {
  hub.fault = () => ({ status: 200, body: JSON.stringify({ id: ID, sha: COMMIT, siblings: [], ...change }) });
  expect((await failureOf(lock())).message).toMatch(sentence);
  expect(hub.seen).toHaveLength(1);
});

test('another commit than the one asked for is refused', async () => {
  hub.fault = () => ({ status: 200, body: JSON.stringify({ id: ID, sha: COMMIT, siblings: [] }) });
  expect((await failureOf(lock({}, 'd'.repeat(40)))).message).toMatch(new RegExp(` answers for commit ${COMMIT} when asked for d{40}$`));
});

describe('refusals are final, and say what to do', () => {
  const denied = (status: number, code = ''): Fault => ({ status, headers: { 'x-error-code': code, 'x-error-message': TOKEN }, body: TOKEN });

  test.each<[string, Fault, string | undefined, ExitCode, RegExp]>([
    ['gated, no token', denied(401, 'GatedRepo'), undefined, 77,
      /^me\/tiny is gated: accept its licence at http:\S+\/me\/tiny, then set HF_TOKEN, or log in with 'hf auth login'$/],
    ['gated, not accepted', denied(403, 'GatedRepo'), TOKEN, 77,
      /^the account of the token may not read me\/tiny: accept its licence at http:\S+\/me\/tiny with that account; a fine-grained token/],
    ['a wrong token', denied(401), TOKEN, 77, /knows no me\/tiny that the token may read, or the token is not valid\. Check the id and the token$/],
    ['no such model', denied(401, 'RepoNotFound'), undefined, 66, /knows no me\/tiny that everybody may read\. Check the id; if it is private, set HF_TOKEN/],
    ['no such model, with a token', denied(404, 'RepoNotFound'), TOKEN, 66, /knows no me\/tiny that the token may read/],
    ['no such revision', denied(404, 'RevisionNotFound'), undefined, 66, /^me\/tiny has no revision main\. See http:\S+\/me\/tiny$/],
    ['a 404 of something else', denied(404), undefined, 66, /knows no me\/tiny, or no revision main$/],
    ['another refusal', denied(418), undefined, 69, /^the files of me\/tiny: http:\S+ answers 418$/],
    ['a long wait', { status: 429, headers: { 'retry-after': '300' } }, undefined, 69, /answers 429 and asks for 300 s of patience\. Try again after that$/],
  ])('%s', async (_, fault, token, exitCode, sentence) => {
    failing('/api/', fault);
    const failure = await failureOf(lock({ token }));
    expect(failure.message).toMatch(sentence);
    expect(failure.message).not.toContain(TOKEN);
    expect(failure.exitCode).toBe(exitCode);
    expect(hub.seen).toHaveLength(1);
  });

  test('a file that may not be read although the list may', async () => {
    failing('/resolve/', denied(403, 'GatedRepo'));
    expect((await failureOf(lock({ token: TOKEN }))).message).toMatch(/^the account of the token may not read me\/tiny/);
  });

  test('a file that the list names and nobody has', async () => {
    failing(`/resolve/${COMMIT}/merges.txt`, denied(404, 'EntryNotFound'));
    expect((await failureOf(lock())).message).toMatch(/^me\/tiny has no merges\.txt at c0ffee0{34}\. See /);
  });
});

test('a hub that names its patience is given it', async () => {
  failing('/api/', { status: 429, headers: { 'retry-after': '1' } }, 1);
  const start = Date.now();
  expect(await lock()).toBe(right);
  expect(Date.now() - start).toBeGreaterThanOrEqual(1000);
});

test('a hub that is silent is given up', async () => {
  failing('/api/', { delayMs: 300 });
  expect((await failureOf(lock({ answerMilliseconds: 20 }))).message).toMatch(/does not answer: it takes too long \(5 tries\)/);
});

test('a hub that is not there', async () => {
  const failure = await failureOf(lock({ endpoint: 'http://127.0.0.1:9' }));
  expect(failure.message).toMatch(/^the files of me\/tiny: http:\/\/127\.0\.0\.1:9 does not answer: \S.* \(5 tries\)\. Try again later$/);
});

test('after a failure nothing more is asked for', async () => {
  hub.fault = ({ path }) => path.includes('merges.txt')
    ? { status: 404, headers: { 'x-error-code': 'EntryNotFound' } }
    : path.includes('tokenizer.json') ? { status: 503 } : undefined;
  expect((await failureOf(lock({ firstWaitMilliseconds: 100 }))).message).toMatch(/^me\/tiny has no merges\.txt/);
  await setTimeout(300);
  expect(hub.seen.filter(request => request.path.includes('tokenizer.json'))).toHaveLength(1);
  expect(hub.seen.filter(request => request.headers.range)).toEqual([]);
});

describe('redirects', () => {
  test('the token goes to the hub only', async () => {
    const elsewhere = await HubServer.start({ [ID]: asHubModel(folder) });
    const gated = await HubServer.start({ [ID]: asHubModel(folder, { token: TOKEN }) });
    gated.fault = ({ path }) => path.startsWith('/cdn/') ? { status: 302, headers: { location: elsewhere.url + path } } : undefined;
    try {
      expect(await lock({ endpoint: gated.url, token: TOKEN })).toBe(right.replace('"gated": false', '"gated": true'));
      const own = gated.seen.filter(({ path }) => !path.startsWith('/cdn/'));
      expect(own.length).toBeGreaterThan(5);
      expect(own.filter(request => request.headers.authorization !== `Bearer ${TOKEN}`)).toEqual([]);
      expect(elsewhere.seen.length).toBeGreaterThan(1);
      expect(elsewhere.seen.filter(request => request.headers.authorization !== undefined)).toEqual([]);
    } finally {
      await Promise.all([elsewhere.stop(), gated.stop()]);
    }
  });

  test('without end, or to another protocol, they are refused', async () => {
    hub.fault = ({ path }) => ({ status: 302, headers: { location: path } });
    expect((await failureOf(lock())).message).toMatch(/^the files of me\/tiny: \S+ redirects more than 5 times$/);
    hub.fault = () => ({ status: 307, headers: { location: 'ftp://example.com/model' } });
    expect((await failureOf(lock())).message).toMatch(/^the files of me\/tiny: \S+ redirects from http: to ftp:$/);
  });
});

const NO_HUBS = ['huggingface.co', 'ftp://hub', 'http://user:secret@hub', 'https://hub/?a=b', ''];
test.each(NO_HUBS)('HF_ENDPOINT \'%s\' is refused, and not repeated', (endpoint) => {
  expect(() => new HubConnection({ endpoint })).toThrow(/^HF_ENDPOINT is no address of a hub such as https:\/\/huggingface\.co$/);
});

test('a mirror may have the hub under a path', async () => {
  hub.fault = ({ path }) => path.startsWith('/mirror/') ? { status: 307, headers: { location: path.slice('/mirror'.length) } } : { status: 410 };
  await failureOf(lock({ endpoint: `${hub.url}/mirror/` }));
  expect(hub.seen[0].path).toMatch(/^\/mirror\/api\/models\/me\/tiny\/revision\/main/);
});
