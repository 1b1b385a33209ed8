import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { hostname } from 'node:os';
import * as path from 'node:path';
import { ChildProgram, ended } from '../child-program';
import { contentOf, stampsOf, temporaryFolders } from '../folders';

const temporaryFolder = temporaryFolders();
let program: ChildProgram;
beforeAll(() => {
  program = new ChildProgram();
});
afterAll(() => program.remove());

/** The one version that all files of a folder are of, with all its files there. */
function versionOf(folder: string): number {
  const files = contentOf(folder);
  for (const name of Object.keys(files).filter(hidden => hidden.startsWith('.'))) {
    delete files[name];
  }
  const versions = new Set(Object.values(files).flatMap(text => /version-(\d+)/.exec(text)?.[1] ?? []));
  expect([...versions]).toHaveLength(1);
  const version = Number([...versions][0]);
  const counts: Record<string, number> = { report: 10 + version % 2, cloud: 1, kustomize: 4 * (20 + version % 3) };
  expect(Object.keys(files)).toHaveLength(counts[path.basename(folder)]);
  return version;
}

function versionsIn(root: string): number[] {
  return ['kustomize', 'report', 'cloud'].map(name => versionOf(`${root}/dist/${name}`));
}

async function expectRun(root: string, version: number): Promise<void> {
  expect(await program.run([root, version])).toEqual({ code: 0, output: '' });
  expect(versionsIn(root)).toEqual([version, version, version]);
  expect(fs.readdirSync(`${root}/dist`).sort()).toEqual(['cloud', 'kustomize', 'report']);
}

test('50 times killed at any moment: each folder is complete, and the next run finishes or clears away', async () => {
  const root = temporaryFolder();
  const found = { whileRendering: 0, whileWriting: 0, whileSwapping: 0 };
  for (let kill = 0; kill < 50; kill++) {
    const child = program.start([root, 1000 * kill + 1, 'forever']);
    await new Promise(done => child.stdout!.once('data', done));
    // The steps spread the moments over the whole cycle of rendering, writing and swapping, which takes some 30 ms.
    await new Promise(done => setTimeout(done, (kill * 7.3) % 61));
    child.kill('SIGKILL');
    await ended(child);
    if (fs.existsSync(`${root}/dist/.kustomize.cdk8s-vllm-journal`)) {
      found.whileSwapping++;
      ['kustomize', 'report'].map(name => `${root}/dist/${name}`).filter(folder => fs.existsSync(folder)).forEach(versionOf);
    } else {
      found[fs.existsSync(`${root}/dist/.kustomize.cdk8s-vllm-next`) ? 'whileWriting' : 'whileRendering']++;
      expect(new Set(versionsIn(root)).size).toBe(1);
    }
  }
  expect(found.whileRendering).toBeGreaterThan(0);
  expect(found.whileWriting).toBeGreaterThan(0);
  await expectRun(root, 1);
});

test('a run that was killed between any two steps of the swap is finished by a run that then fails', async () => {
  const hidden = (root: string, name: string): string => `${root}/dist/.${name}.cdk8s-vllm`;
  const steps: ((root: string) => void)[] = [
    root => fs.writeFileSync(`${hidden(root, 'kustomize')}-journal`, '["kustomize","report","cloud/main.json"]'),
    root => fs.renameSync(`${root}/dist/kustomize`, `${hidden(root, 'kustomize')}-previous`),
    root => fs.renameSync(`${hidden(root, 'kustomize')}-next`, `${root}/dist/kustomize`),
    root => fs.renameSync(`${root}/dist/report`, `${hidden(root, 'report')}-previous`),
    root => fs.renameSync(`${hidden(root, 'report')}-next`, `${root}/dist/report`),
    root => fs.renameSync(`${root}/dist/cloud/main.json`, `${root}/dist/cloud/.main.json.cdk8s-vllm-previous`),
    root => fs.renameSync(`${root}/dist/cloud/.main.json.cdk8s-vllm-next`, `${root}/dist/cloud/main.json`),
  ];
  const [old, next] = [temporaryFolder(), temporaryFolder()];
  await expectRun(old, 1);
  await expectRun(next, 2);
  for (let killedAfter = 0; killedAfter <= steps.length; killedAfter++) {
    const root = temporaryFolder();
    fs.cpSync(old, root, { recursive: true });
    ['kustomize', 'report'].forEach(name => fs.cpSync(`${next}/dist/${name}`, `${hidden(root, name)}-next`, { recursive: true }));
    fs.cpSync(`${next}/dist/cloud/main.json`, `${root}/dist/cloud/.main.json.cdk8s-vllm-next`);
    steps.slice(0, killedAfter).forEach(step => step(root));
    expect((await program.run([root, 'no-number'])).code).not.toBe(0);
    expect(versionsIn(root)).toEqual(killedAfter === 0 ? [1, 1, 1] : [2, 2, 2]);
    await expectRun(root, 3);
  }
});

test('a file is replaced alone: what lies beside it stays, and a folder or link in its place is refused', async () => {
  const root = temporaryFolder();
  await expectRun(root, 1);
  const [file, state] = [`${root}/dist/cloud/main.json`, `${root}/dist/cloud/.terraform.lock.hcl`];
  fs.writeFileSync(state, 'version-2');
  await expectRun(root, 2);
  expect(fs.readdirSync(`${root}/dist/cloud`).sort()).toEqual(['.terraform.lock.hcl', 'main.json']);
  const stamps = stampsOf(`${root}/dist/cloud`);
  await expectRun(root, 2);
  expect(stampsOf(`${root}/dist/cloud`)).toEqual(stamps);
  fs.rmSync(file);
  for (const [make, message] of [
    [() => fs.mkdirSync(file), 'is a folder, not a file'], [() => fs.symlinkSync(state, file), 'is a symbolic link'],
  ] as const) {
    make();
    expect((await program.run([root, 3])).output).toContain(message);
    expect(versionOf(`${root}/dist/kustomize`)).toBe(2);
    fs.rmSync(file, { recursive: true });
  }
});

test('two runs at the same time wait for each other', async () => {
  const root = temporaryFolder();
  for (let round = 0; round < 3; round++) {
    const runs = await Promise.all([1, 2, 3].map(version => program.run([root, version])));
    expect(runs).toEqual(runs.map(() => ({ code: 0, output: '' })));
    expect(new Set(versionsIn(root)).size).toBe(1);
    expect(fs.readdirSync(`${root}/dist`).sort()).toEqual(['cloud', 'kustomize', 'report']);
  }
});

test('a living run is waited for, a dead one is not', async () => {
  const root = temporaryFolder();
  await expectRun(root, 1);
  const lock = `${root}/dist/.kustomize.cdk8s-vllm-lock`;
  fs.symlinkSync(`4194304@${hostname()}`, lock);
  await expectRun(root, 2);

  fs.symlinkSync(`${process.pid}@${hostname()}`, lock);
  const run = program.run([root, 3]);
  await new Promise(done => setTimeout(done, 1000));
  expect(versionsIn(root)).toEqual([2, 2, 2]);
  fs.rmSync(lock);
  expect(await run).toEqual({ code: 0, output: '' });
  expect(versionsIn(root)).toEqual([3, 3, 3]);
});

const FOREIGN: [string, (folder: string) => void, RegExp][] = [
  ['a folder without our marker', (folder) => {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(`${folder}/mine.txt`, 'x');
  }, /has no \.cdk8s-vllm file, so it was not written by us, and it is not empty \(mine\.txt\)\. Nothing in it was changed: move it away/],
  ['a file', folder => fs.writeFileSync(folder, 'x'), /is a file, not a folder; move it away/],
  ['a link to a folder of ours', (folder) => {
    fs.mkdirSync(`${folder}-real`);
    fs.writeFileSync(`${folder}-real/.cdk8s-vllm`, '');
    fs.symlinkSync(`${folder}-real`, folder);
  }, /is a symbolic link to .*-real; what it points to is not ours to replace/],
];

test.each(FOREIGN.flatMap(([what, make, message]) => ['kustomize', 'report'].map(name => [what, name, make, message] as const)))(
  '%s at dist/%s is refused, and nothing changes', async (_, name, make, message) => {
    const root = temporaryFolder();
    fs.mkdirSync(`${root}/dist`);
    make(`${root}/dist/${name}`);
    const before = [contentOf(`${root}/dist`), stampsOf(`${root}/dist`)];
    const { code, output } = await program.run([root, 1]);
    expect(code).toBe(1);
    expect(output).toMatch(message);
    expect([contentOf(`${root}/dist`), stampsOf(`${root}/dist`)]).toEqual(before);
  });

test('an empty folder is taken, and a link inside a folder of ours goes without being followed', async () => {
  const root = temporaryFolder();
  fs.mkdirSync(`${root}/dist/kustomize`, { recursive: true });
  await expectRun(root, 1);
  fs.mkdirSync(`${root}/outside/server`, { recursive: true });
  fs.writeFileSync(`${root}/outside/server/precious.txt`, 'x');
  fs.rmSync(`${root}/dist/kustomize/cell-0`, { recursive: true });
  fs.symlinkSync(`${root}/outside`, `${root}/dist/kustomize/cell-0`);
  await expectRun(root, 1);
  expect(fs.lstatSync(`${root}/dist/kustomize/cell-0`).isDirectory()).toBe(true);
  expect(contentOf(`${root}/outside`)).toEqual({ 'server/precious.txt': 'x' });
});

test('a folder that may not be written leaves the old tree untouched', async () => {
  const root = temporaryFolder();
  await expectRun(root, 1);
  const before = stampsOf(root);
  fs.chmodSync(root, 0o755);
  fs.chmodSync(`${root}/dist`, 0o555);
  // Root may write everywhere; so the run is somebody else's.
  const { code, output } = await program.run([root, 2], process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {});
  fs.chmodSync(`${root}/dist`, 0o755);
  expect(output).toMatch(/KustomizeApp: EACCES: permission denied/);
  expect(code).toBe(1);
  expect(stampsOf(root)).toEqual(before);
});

test('a disk that takes no more leaves the old tree untouched', async () => {
  const root = temporaryFolder();
  await expectRun(root, 1);
  const before = stampsOf(root);
  // No file may be larger than 1 or 2 KiB (the shells differ): the third file of a cell fails half-way, as on a full disk.
  const child = spawn('/bin/sh', ['-c', 'ulimit -f 2 && exec "$0" "$@"', process.execPath, program.program, root, '2']);
  const { code, output } = await ended(child);
  expect(output).toMatch(/KustomizeApp: the new files could not be written, the old ones are unchanged: EFBIG/);
  expect(code).toBe(1);
  expect(stampsOf(root)).toEqual(before);
  await expectRun(root, 2);
});
