import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './sources';

const TESTS = `
  const step = (name, run) => test(name, Object.assign(() => run(), { story: true }));
  const fails = async () => { throw new Error('the cause'); };
  const passes = async () => {};
  describe('a story', () => { step('one', passes); step('two', fails); step('three', passes); test('apart', passes); });
  describe('what cannot be made', () => { beforeAll(fails); test('four', passes); describe('in it', () => test('five', passes)); });
  describe('another story', () => { step('six', passes); });
`;

test('one cause is one failure: what would only fail of the same is skipped', () => {
  mkdirSync(join(PROJECT, 'test/output'), { recursive: true });
  const folder = mkdtempSync(join(PROJECT, 'test/output/one-cause-'));
  try {
    writeFileSync(join(folder, 'it.test.js'), TESTS);
    writeFileSync(join(folder, 'config.json'), JSON.stringify({
      rootDir: PROJECT, roots: [folder], testEnvironment: '<rootDir>/test/rig/one-cause-environment.ts', transform: { '^.+\\.ts$': 'ts-jest' },
    }));
    const jest = join(PROJECT, 'node_modules/jest/bin/jest.js');
    const { stdout, stderr } = spawnSync(process.execPath, [jest, '--config', join(folder, 'config.json'), '--json'], { encoding: 'utf8' });
    const [report] = [stdout].map(text => JSON.parse(text || `{"error":${JSON.stringify(stderr)}}`));
    const statuses = report.testResults[0].assertionResults.map(({ title, status }: { title: string; status: string }) => `${title} ${status}`);
    expect(statuses).toEqual(['one passed', 'two failed', 'three pending', 'apart passed', 'four failed', 'five pending', 'six passed']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
