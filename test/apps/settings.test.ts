import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentOf, readSettings, Settings, settingsTable } from '../../apps/settings';
import { VllmRelease } from '../../lib';
import { PROJECT } from '../house/sources';
import { temporaryFolders } from '../kustomize/folders';
import { refusalOf } from '../planning/pairs';

const temporaryFolder = temporaryFolders();

function settings(environment: Record<string, string> = {}, file?: string): Settings {
  const envFile = `${temporaryFolder()}/.env`;
  if (file !== undefined) {
    writeFileSync(envFile, file);
  }
  return readSettings(environment, envFile);
}

const DIGEST = `sha256:${'0'.repeat(64)}`;

const ALL: Record<string, string> = {
  CDK8S_VLLM_NAMESPACE: 'models', CDK8S_VLLM_BUCKET: 'my-models', CDK8S_VLLM_REGION: 'europe-west4', CDK8S_VLLM_MAX_NODES: '12',
  CDK8S_VLLM_RELEASE: `v0.28.0@${DIGEST}`, CDK8S_VLLM_PROFILE: 'production', CDK8S_VLLM_GOOGLE_APIS: 'restricted',
  CDK8S_VLLM_IMAGE_REGISTRY: 'mirror.example.com/ai',
  CDK8S_VLLM_STATE_BUCKET: 'my-state', CDK8S_VLLM_CELLS: 'l4-gcs, l4-pd,', CDK8S_VLLM_CAPACITY: 'reservation', CDK8S_VLLM_RESERVATION: 'mine',
};

/** Every setting is here, so that a new one breaks this until it is covered. */
const READ: Required<Settings> = {
  namespace: 'models', bucket: 'my-models', region: 'europe-west4', maxNodes: 12, release: VllmRelease.V0_28.withDigest(DIGEST),
  profile: 'production', googleApis: 'restricted', imageRegistry: 'mirror.example.com/ai', stateBucket: 'my-state', cells: ['l4-gcs', 'l4-pd'],
  capacity: 'reservation', reservation: 'mine',
};

test('every field has a default', () => {
  expect(settings()).toEqual({
    namespace: 'vllm', bucket: 'vllm-models', region: 'us-central1', maxNodes: 5, release: VllmRelease.DEFAULT, profile: 'development',
    googleApis: 'private', imageRegistry: undefined, stateBucket: undefined, cells: undefined, capacity: undefined, reservation: undefined,
  });
});

test('every field is read from the environment', () => {
  expect(settings(ALL)).toEqual(READ);
});

test('and from a file, with comments, quotes and spaces', () => {
  const lines = Object.entries(ALL).map(([name, value], index) => [`${name}=${value}`, `${name} = "${value}"`, `export ${name}='${value}' # why`][index % 3]);
  expect(settings({}, `# ours\n\n${lines.join('\n')}\nOTHER=1\n`)).toEqual(READ);
});

test('a byte-order mark, ends of lines of another system and values over lines change nothing', () => {
  expect(settings({}, '\uFEFFCDK8S_VLLM_BUCKET=mine\r\nOTHER="a\nb"\r\n\r\nCDK8S_VLLM_NAMESPACE=ours\r\n')).toMatchObject({ bucket: 'mine', namespace: 'ours' });
});

test('a line that sets nothing is refused', () => {
  expect(refusalOf(() => settings({}, '# ours\nOTHER="a\nb"\nCDK8S_VLLM_BUCKET mine\n'))).toBe(
    'settings: line 4 of .env (CDK8S_VLLM_BUCKET mine) sets nothing; write NAME=value');
});

test('the environment wins', () => {
  expect(settings({ CDK8S_VLLM_BUCKET: 'mine' }, 'CDK8S_VLLM_BUCKET=theirs\nCDK8S_VLLM_NAMESPACE=theirs\n')).toMatchObject({ bucket: 'mine', namespace: 'theirs' });
});

test('other variables are none of ours, and neither is where tests keep what they build', () => {
  expect(settings({ PATH: '/bin', CDK8S_OUTDIR: 'x', CDK8S_VLLM_CACHE: '/var/cache' })).toEqual(settings());
});

test.each<[Record<string, string>, string]>([
  [{ CDK8S_VLLM_BUKET: 'x' }, 'settings: CDK8S_VLLM_BUKET is unknown; there are CDK8S_VLLM_NAMESPACE, CDK8S_VLLM_BUCKET, CDK8S_VLLM_REGION,'
  + ' CDK8S_VLLM_MAX_NODES, CDK8S_VLLM_RELEASE, CDK8S_VLLM_PROFILE, CDK8S_VLLM_GOOGLE_APIS,'
  + ' CDK8S_VLLM_CAPACITY, CDK8S_VLLM_RESERVATION, CDK8S_VLLM_IMAGE_REGISTRY, CDK8S_VLLM_STATE_BUCKET, CDK8S_VLLM_CELLS'],
  [{ CDK8S_VLLM_REGION: 'us-central1-a' }, 'settings: CDK8S_VLLM_REGION (us-central1-a) is no region; for example us-central1'],
  [{ CDK8S_VLLM_REGION: '' }, 'settings: CDK8S_VLLM_REGION () is no region; for example us-central1'],
  [{ CDK8S_VLLM_GOOGLE_APIS: 'public' }, 'settings: CDK8S_VLLM_GOOGLE_APIS (public) must be one of private, restricted, internet'],
  [{ CDK8S_VLLM_MAX_NODES: 'many' }, 'settings: CDK8S_VLLM_MAX_NODES (many) must be a whole number of at least 1'],
  ...['0', '-1', '1.5', '', ' ', '1e3', '0x10', 'NaN'].map((value): [Record<string, string>, string] => [
    { CDK8S_VLLM_MAX_NODES: value }, `settings: CDK8S_VLLM_MAX_NODES (${value}) must be a whole number of at least 1`,
  ]),
  ...['queued', 'Spot'].map((value): [Record<string, string>, string] => [
    { CDK8S_VLLM_CAPACITY: value }, `settings: CDK8S_VLLM_CAPACITY (${value}) must be on-demand, spot, flex-start or reservation`,
  ]),
  [{ CDK8S_VLLM_PROFILE: 'staging' }, 'settings: CDK8S_VLLM_PROFILE (staging) must be development or production'],
  [{ CDK8S_VLLM_RELEASE: 'latest' }, 'VllmRelease: \'latest\' is no version of vLLM; write it as 0.33.0'],
])('refuses %j', (environment, message) => {
  expect(refusalOf(() => settings(environment))).toBe(message);
  const [[name, value]] = Object.entries(environment);
  expect(refusalOf(() => settings({}, `${name}="${value}"\n`))).toBe(message);
});

test.each([['none', {}], ['all', ALL]])('%s of them written back are read as the same', (_, environment) => {
  const read = settings(environment as Record<string, string>);
  expect(settings({}, environmentOf(read))).toEqual(read);
  expect(environmentOf(read)).toMatch(/^(?:CDK8S_VLLM_[A-Z_]+=\S+\n)+$/);
});

/** Every table of settings that people read, by file. */
function tables(): [string, string][] {
  const docs = existsSync(join(PROJECT, 'docs')) ? readdirSync(join(PROJECT, 'docs'), { recursive: true }) as string[] : [];
  const files = ['README.md', ...docs.filter(name => name.endsWith('.md')).map(name => `docs/${name}`)];
  return files.flatMap((name) => {
    const table = /^\| setting \|.*\n(?:\|.*\n)+/m.exec(readFileSync(join(PROJECT, name), 'utf8'));
    return table?.[0].includes('CDK8S_VLLM_') ? [[name, table[0]] as [string, string]] : [];
  });
}

test('the documentation says what the settings are', () => {
  expect(tables().length).toBeGreaterThan(0);
  expect(tables().filter(([, table]) => table !== settingsTable())).toEqual([]);
  for (const name of Object.keys(ALL)) {
    expect(settingsTable()).toContain(`| \`${name}\` | `);
  }
});
