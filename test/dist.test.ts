import * as fs from 'node:fs';
import { join } from 'node:path';
import { ProjectCopy, PROJECT, Tree } from './dist/project-copy';
import { ended } from './kustomize/child-program';
import { contentOf, modesOf, stampsOf } from './kustomize/folders';

const OTHER = { CDK8S_VLLM_NAMESPACE: 'other', CDK8S_VLLM_RELEASE: '0.28.0' };
const COMMITTED: Tree = contentOf(join(PROJECT, 'dist'));

let project: ProjectCopy;
beforeEach(() => {
  project = new ProjectCopy();
});
afterEach(() => project.remove());

async function expectSynth(env: NodeJS.ProcessEnv = {}, before = ''): Promise<void> {
  const { code, output } = await project.synth(env, before);
  expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
}

test('what is committed is what a run makes, and a second run touches nothing', async () => {
  await expectSynth();
  expect(Object.keys(project.dist).length).toBeGreaterThan(200);
  expect(project.dist['terraform/stacks/gke/cdk.tf.json']).toMatch(/^\{\n {2}"\/\/": /);
  expect(project.dist).toEqual(COMMITTED);
  const before = stampsOf(project.path('dist'));
  await expectSynth();
  expect(stampsOf(project.path('dist'))).toEqual(before);
  expect(fs.readdirSync(project.folder).sort()).toEqual(['apps', 'cdk8s.yaml', 'dist', 'imports', 'lib', 'node_modules', 'package.json', 'scripts']);
});

test.each([
  ['another working directory', {}, 'cd /; '],
  ['another locale', { LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', LANGUAGE: 'tr' }, ''],
  ['another time zone', { TZ: 'Pacific/Kiritimati' }, ''],
  ['a narrow umask', {}, 'umask 077; '],
  ['all of them at once', { LC_ALL: 'ar_EG.UTF-8', TZ: 'America/St_Johns', HOME: '/nonexistent', USER: 'nobody' }, 'umask 0; cd /tmp; '],
])('%s gives the same files with the same modes', async (_, env, before) => {
  await expectSynth(env, before);
  expect(project.dist).toEqual(COMMITTED);
  expect(new Set(Object.values(modesOf(project.path('dist'))))).toEqual(new Set(['644', '755']));
});

test('settings change it, whether they come from the environment or from .env', async () => {
  await expectSynth(OTHER);
  const other = project.dist;
  expect(other).not.toEqual(COMMITTED);
  await expectSynth();
  fs.writeFileSync(project.path('.env'), Object.entries(OTHER).map(([name, value]) => `${name}=${value}\n`).join(''));
  await expectSynth();
  expect(project.dist).toEqual(other);
  await expectSynth({ CDK8S_VLLM_NAMESPACE: 'vllm', CDK8S_VLLM_RELEASE: '0.33.0' });
  expect(project.dist).toEqual(COMMITTED);
});

test('npx cdk8s synth gives the same tree, also over an older one', async () => {
  for (const env of [undefined, OTHER]) {
    if (env) {
      await expectSynth(env);
    }
    const { code, output } = await project.cdk8sSynth();
    expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
    for (const folder of ['kustomize', 'report', 'terraform']) {
      expect(visible(project.dist, folder)).toEqual(visible(COMMITTED, folder));
    }
  }
});

/** Random, and the same in each run of the test. */
class Dice {
  constructor(private state: number) {}

  /** From 0 to 1. */
  throw(): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return this.state / 2 ** 32;
  }
}

interface Moments {
  beforeWriting: number;
  whileWriting: number;
  whileSwapping: number;
  afterwards: number;
}

/** Kills runs that turn one tree into the other, at moments spread over a whole run and, every second time, over its writing. */
async function killRuns(
  copy: ProjectCopy, kills: number, seed: number, runMillis: number, trees: { old: Tree; new: Tree },
): Promise<Moments> {
  const dice = new Dice(seed);
  const moments = { beforeWriting: 0, whileWriting: 0, whileSwapping: 0, afterwards: 0 };
  const hidden = (name: string) => copy.path('dist', `.kustomize.cdk8s-vllm-${name}`);
  for (let kill = 0; kill < kills; kill++) {
    const before = fs.existsSync(copy.path('dist')) ? copy.dist : trees.old;
    const [from, to] = JSON.stringify(before) === JSON.stringify(trees.old) ? [trees.old, trees.new] : [trees.new, trees.old];
    const env = to === trees.new ? OTHER : {};
    const child = copy.start(env, { stdio: 'ignore' });
    const exit = ended(child);
    if (kill % 4 === 1) {
      // However slow the machine is just now, this one is writing.
      await appears(hidden('next'), child);
      await sleep(dice.throw() * runMillis / 30);
    } else if (kill % 4 === 3) {
      await appears(hidden('lock'), child);
      await sleep(dice.throw() * runMillis / 3);
    } else {
      await sleep(dice.throw() * runMillis);
    }
    child.kill('SIGKILL');
    await exit;
    const [swapping, writing] = [fs.existsSync(hidden('journal')), fs.existsSync(hidden('next'))];
    if (swapping) {
      moments.whileSwapping++;
      expectOneOf(copy, 'kustomize', from, to);
      expectOneOf(copy, 'report', from, to);
      expectOneOf(copy, 'terraform/stacks/gke/cdk.tf.json', from, to);
    } else {
      const now = visible(copy.dist);
      moments[writing ? 'whileWriting' : JSON.stringify(now) === JSON.stringify(to) ? 'afterwards' : 'beforeWriting']++;
      expect([from, to]).toContainEqual(now);
    }
    // The other leftovers are found by the next run, which is killed as well.
    if (swapping || (writing && kill % 4 === 1)) {
      expect((await copy.synth(env)).code).toBe(0);
      expect(copy.dist).toEqual(to);
      expect(fs.readdirSync(copy.path('dist')).sort()).toEqual(['grafana', 'kustomize', 'report', 'terraform']);
    }
  }
  expect((await copy.synth()).code).toBe(0);
  expect(copy.dist).toEqual(trees.old);
  return moments;
}

/** A tree without what a run keeps beside the folders while it writes. */
function visible(tree: Tree, folder = ''): Tree {
  return Object.fromEntries(Object.entries(tree).filter(([name]) => !/(?:^|\/)\.[^/]*\.cdk8s-vllm-/.test(name) && name.startsWith(folder)));
}

/** Between two renames a folder is absent; else it is all old or all new. */
function expectOneOf(copy: ProjectCopy, folder: string, from: Tree, to: Tree): void {
  if (fs.existsSync(copy.path('dist', folder))) {
    expect([visible(from, folder), visible(to, folder)]).toContainEqual(visible(copy.dist, folder));
  }
}

function sleep(millis: number): Promise<void> {
  return new Promise(done => setTimeout(done, millis));
}

async function appears(file: string, child: { readonly exitCode: number | null }): Promise<void> {
  while (!fs.lstatSync(file, { throwIfNoEntry: false }) && child.exitCode === null) {
    await sleep(1);
  }
}

test('killed at 50 random moments: everything is old or everything is new, and the next run makes it new', async () => {
  await expectSynth(OTHER);
  const changed = project.dist;
  await expectSynth();
  const started = Date.now();
  await expectSynth();
  const runMillis = Date.now() - started;
  const other = new ProjectCopy();
  try {
    await other.synth();
    const trees = { old: COMMITTED, new: changed };
    const counts = await Promise.all([killRuns(project, 25, 1, runMillis, trees), killRuns(other, 25, 2, runMillis, trees)]);
    const sum = (name: keyof Moments) => counts[0][name] + counts[1][name];
    console.log(`killed before writing ${sum('beforeWriting')}, while writing ${sum('whileWriting')}, while swapping ${sum('whileSwapping')},`
      + ` afterwards ${sum('afterwards')}`);
    expect(sum('beforeWriting')).toBeGreaterThan(0);
    expect(sum('whileWriting')).toBeGreaterThan(0);
  } finally {
    other.remove();
  }
}, 300_000);
