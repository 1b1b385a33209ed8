import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolders } from '../kustomize/folders';
import { PROJECT } from '../house/sources';

const temporaryFolder = temporaryFolders();
let copy: string;

/** The committed tree as the only commit of a repository of its own. */
beforeEach(() => {
  copy = temporaryFolder();
  mkdirSync(join(copy, 'dist'));
  cpSync(join(PROJECT, 'dist'), join(copy, 'dist'), { recursive: true });
  for (const args of [['init', '--quiet'], ['add', '.'], ['-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '--quiet', '--message', 'a']]) {
    execFileSync('git', args, { cwd: copy });
  }
});

function changes(): string[] {
  const program = [process.execPath, '-r', 'sucrase/register/ts', join(PROJECT, 'scripts/changes/main.ts'), 'HEAD', copy];
  return execFileSync(program[0], program.slice(1), { cwd: PROJECT, encoding: 'utf8' }).trim().split('\n');
}

function edit(file: string, from: string, to: string): void {
  const path = join(copy, 'dist/kustomize', file);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
}

function deployment(cell: string): string {
  const server = (JSON.parse(readFileSync(join(copy, 'dist/report/cells.json'), 'utf8')) as { id: string; server: string }[]).find(({ id }) => id === cell)!.server;
  return `${cell}/server/deployment-${server}.yaml`;
}

test('nothing changed is said', () => {
  expect(changes()).toEqual(['dist is as at HEAD']);
});

test('the same change of several cells is one line, and names them', () => {
  ['b200-gcs', 'b200-hdml', 'l4-pd'].forEach(cell => edit(deployment(cell), 'terminationGracePeriodSeconds: 140', 'terminationGracePeriodSeconds: 150'));
  expect(changes()).toEqual(['3 cells (b200-gcs, b200-hdml, l4-pd): Deployment (server), terminationGracePeriodSeconds: 140 → 150']);
  edit(deployment('l4-pd'), 'terminationGracePeriodSeconds: 150', 'terminationGracePeriodSeconds: 140');
  expect(changes()).toEqual(['2 cells (b200-*): Deployment (server), terminationGracePeriodSeconds: 140 → 150']);
});

test('an argument is named by its flag', () => {
  edit(deployment('l4-gcs'), '--max-num-seqs=256', '--max-num-seqs=1024');
  expect(changes()).toEqual(['1 cell (l4-gcs): Deployment (server), `--max-num-seqs`: 256 → 1024']);
});

test('a line of a program is one line, whatever has it', () => {
  edit('programs/batch-inference/main.py', 'import ', '# a reason\nimport ');
  expect(changes()).toEqual(['kustomize/programs/batch-inference/main.py: 1 lines more, 0 less']);
});

test('objects that come and go', () => {
  renameSync(join(copy, 'dist/kustomize/l4-gcs/server/service-vllm-openai-gcs-l4.yaml'), join(copy, 'dist/kustomize/l4-gcs/server/service-vllm-openai-gcs-l4-other.yaml'));
  rmSync(join(copy, 'dist/kustomize/l4-pd/server/service-vllm-openai-pd-l4.yaml'));
  expect(changes()).toEqual([
    '2 cells (l4-gcs, l4-pd): Service (server): is gone', '1 cell (l4-gcs): Service other: is new',
  ]);
});
