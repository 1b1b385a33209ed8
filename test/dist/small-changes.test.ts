import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ProjectCopy, Tree } from './project-copy';

const MOST_FILES = 25;
const MOST_LINES = 2;
const MOST_BYTES = 2e6;

let project: ProjectCopy;
let before: Tree;

beforeAll(async () => {
  project = new ProjectCopy();
  await synth();
  before = project.dist;
});

afterAll(() => project.remove());

async function synth(): Promise<void> {
  expect(await project.synth()).toMatchObject({ code: 0 });
}

/** Lines of the longer text that stand elsewhere, or nowhere, in the other. */
function changedLines(one = '', other = ''): number {
  const [lines, others] = [one.split('\n'), other.split('\n')];
  return Array.from({ length: Math.max(lines.length, others.length) }, (_, index) => lines[index] !== others[index]).filter(Boolean).length;
}

/** Cells have it only where they ask for it. */
const NOT_IN_THE_MATRIX = ['benchmark', 'shared'];

/** The folders with programs: one a workload, and the server's own. */
const PROGRAMS = ['lib/serving/program', ...readdirSync(join(__dirname, '../../lib/workloads'), { withFileTypes: true })
  .filter(entry => entry.isDirectory() && !NOT_IN_THE_MATRIX.includes(entry.name)).map(({ name }) => `lib/workloads/${name}/program`)];

test.each(PROGRAMS)('a changed line of a program of %s is a change of few files and few lines', async (folder) => {
  const name = readdirSync(project.path(folder)).filter(file => file.endsWith('.py')).sort((a, b) =>
    statSync(project.path(folder, b)).size - statSync(project.path(folder, a)).size)[0];
  const file = project.path(folder, name);
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/\n(?=\n)/, '\n# A reason.'));
  try {
    await synth();
    const after = project.dist;
    const changed = Object.keys({ ...before, ...after }).filter(path => before[path] !== after[path]);
    const programs = changed.filter(path => basename(path) === name);
    expect(programs).toHaveLength(1);
    expect(changed.length).toBeGreaterThan(programs.length);
    expect(changed.length).toBeLessThanOrEqual(MOST_FILES);
    const others = changed.filter(path => !programs.includes(path)).map(path => [path, changedLines(before[path], after[path])] as const);
    expect(others.filter(([, lines]) => lines > MOST_LINES)).toEqual([]);
  } finally {
    writeFileSync(file, text);
  }
});

test('dist is small enough to be read', () => {
  expect(Object.values(before).reduce((sum, text) => sum + Buffer.byteLength(text), 0)).toBeLessThanOrEqual(MOST_BYTES);
});
