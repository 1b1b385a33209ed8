import * as fs from 'node:fs';
import { join, resolve } from 'node:path';
import { spawn } from 'node:child_process';
import { parse } from 'yaml';
import { ChildProgram, ended } from './child-program';
import { contentOf, modesOf, temporaryFolders } from './folders';

const PROJECT = resolve(__dirname, '../..');
const CLI = join(PROJECT, 'node_modules/cdk8s-cli/bin/cdk8s');

const temporaryFolder = temporaryFolders();
let program: ChildProgram;
let expected: { root: string; content: Record<string, string>; modes: Record<string, string> };
beforeAll(async () => {
  program = new ChildProgram();
  const root = fs.mkdtempSync(join(PROJECT, 'test/output/expected-'));
  await program.run([root, 1]);
  expected = { root, content: contentOf(root), modes: modesOf(join(root, 'dist')) };
});
afterAll(() => {
  program.remove();
  fs.rmSync(expected.root, { recursive: true });
});

test.each([
  ['another time zone and locale', '', { TZ: 'Pacific/Chatham', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' }],
  ['a narrow umask', 'umask 0077; ', {}],
  ['an open umask', 'umask 0000; ', {}],
  ['another working directory', 'cd /; ', {}],
])('%s gives the same files with the same modes', async (_, before, env) => {
  const root = temporaryFolder();
  const child = spawn('/bin/sh', ['-c', `${before}exec "$0" "$@"`, process.execPath, program.program, root, '1'], { env: { ...process.env, ...env } });
  expect(await ended(child)).toEqual({ code: 0, output: '' });
  expect(contentOf(root)).toEqual(expected.content);
  expect(modesOf(join(root, 'dist'))).toEqual(expected.modes);
  expect(new Set(Object.values(modesOf(join(root, 'dist'))))).toEqual(new Set(['644', '755']));
});

test('cdk8s synth gives the same tree, also over an older one', async () => {
  const root = temporaryFolder();
  fs.writeFileSync(`${root}/cdk8s.yaml`, [
    'language: typescript', `app: ${process.execPath} ${program.program} ${root} 1`, 'output: dist/kustomize', '',
  ].join('\n'));
  for (let run = 0; run < 2; run++) {
    await program.run([root, 2]);
    const { code, output } = await ended(spawn(process.execPath, [CLI, 'synth', '--check-upgrade=false'], { cwd: root }));
    expect(output).toContain('  - dist/kustomize/cell-0/server/configmap-one.yaml');
    expect(code).toBe(0);
    expect(contentOf(`${root}/dist`)).toEqual(contentOf(`${expected.root}/dist`));
    expect(fs.readdirSync(`${root}/dist`).sort()).toEqual(['cloud', 'kustomize', 'report']);
  }
});

test('cdk8s synth --stdout prints the manifests', async () => {
  const root = temporaryFolder();
  const app = `${process.execPath} ${program.program} ${root} 1`;
  const { code, output } = await ended(spawn(process.execPath, [CLI, 'synth', '--check-upgrade=false', '--stdout', '--app', app], { cwd: root }));
  expect(code).toBe(0);
  expect(output.match(/^kind: ConfigMap$/gm)).toHaveLength(2 * 21);
});

test('the project\'s cdk8s.yaml leads to the same folder as npm run synth', () => {
  const config = parse(fs.readFileSync(join(PROJECT, 'cdk8s.yaml'), 'utf8')) as Record<string, string>;
  expect(config).toEqual({ language: 'typescript', app: 'node -r ./scripts/run-ts.cjs apps/synth.ts', output: 'dist/kustomize' });
});
