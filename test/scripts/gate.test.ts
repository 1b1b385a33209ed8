import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const GATE = resolve(__dirname, '../../.ci/gate.mjs');

interface Step {
  readonly name: string;
  readonly command: string;
  /** @default 5 */
  readonly minutes?: number;
}

/** What a gate with these steps prints, and its exit code. */
function run(...steps: Step[]): { readonly code: number | null; readonly output: string } {
  const checks = steps.map(({ name, command, minutes = 5 }) => `await gate.check(${JSON.stringify(name)}, ${JSON.stringify(command)}, { minutes: ${minutes} });`);
  const program = `import { Gate } from ${JSON.stringify(GATE)};
    const gate = new Gate({ minutes: 10 });
    await gate.run(async () => { ${checks.join('\n')} });`;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
  return { code: status, output: stdout };
}

test('a step that fails or hangs costs itself and no other, and the last line counts', () => {
  const { code, output } = run(
    { name: 'good', command: 'true' },
    { name: 'bad', command: 'echo the reason; false' },
    { name: 'hangs', command: 'sleep 1000', minutes: 0.02 },
    { name: 'good again', command: 'echo "it\'s" # a comment' },
  );
  expect(output).toMatch(/== bad FAILED; its log ends:\nthe reason\n/);
  expect(output).toMatch(/== hangs: FAILED, .* \(exit: ended: its time was over\)/);
  expect(output).toMatch(/\n2 passed, 2 failed\n$/);
  expect(code).toBe(1);
});

test('children whose parents died are buried, so that who waits for their end goes on', () => {
  const wait = `const orphan = Number(require("node:child_process").execSync("sleep 0.1 >&- 2>&- & echo $!"));
    const ask = () => { try { process.kill(orphan, 0); setTimeout(ask, 50); } catch {} };
    ask();`;
  expect(run({ name: 'orphan', command: `node --eval '${wait}'` })).toEqual({ code: 0, output: expect.stringMatching(/\n1 passed, 0 failed\n$/) });
});
