// Runs every check in turn and ends with one line: the tests that passed and failed over all runners, and the steps without tests.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const totals = { passed: 0, failed: 0, skipped: 0 };

/** Runs a step; one that is no test run counts as one check. */
async function step(name, command, { tests = false, cwd = '.' } = {}) {
  const start = Date.now();
  console.log(`\n== ${name}: ${command}`);
  const { code, output } = await run(command, cwd);
  const summary = tests && output.match(/^Tests: +(?:(\d+) failed, )?(?:(\d+) skipped, )?(?:(\d+) passed, )?\d+ total/m);
  const failed = summary ? Number(summary[1] ?? 0) : 0;
  const passed = summary ? Number(summary[3] ?? 0) : 0;
  // A runner that ran nothing, or fails without a failed test, has failed all the same.
  const broken = tests ? (code !== 0 && failed === 0) || (code === 0 && passed === 0) : code !== 0;
  totals.passed += tests ? passed : Number(!broken);
  totals.failed += failed + Number(broken);
  totals.skipped += summary ? Number(summary[2] ?? 0) : 0;
  console.log(`== ${name}: ${broken || failed > 0 ? 'FAILED' : 'ok'}, ${Math.round((Date.now() - start) / 1000)} s`);
}

function run(command, cwd) {
  return new Promise((resolve) => {
    const child = spawn('bash', ['-c', `set -o pipefail; ${command} 2>&1`], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
    const chunks = [];
    child.stdout.on('data', (chunk) => {
      chunks.push(chunk);
      process.stdout.write(chunk);
    });
    child.on('close', code => resolve({ code, output: Buffer.concat(chunks).toString() }));
  });
}

/** Code that the README shows as TypeScript. */
function examples() {
  return [...readFileSync('README.md', 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(match => match[1]);
}

/** Installs the packed library into an empty project beside its peers, and compiles and runs the README's examples there. */
async function consume() {
  const directory = mkdtempSync(join(tmpdir(), 'consumer-'));
  const { devDependencies, name } = JSON.parse(readFileSync('package.json', 'utf8'));
  const archive = spawnSync('npm', ['pack', '--json', '--pack-destination', directory], { encoding: 'utf8' });
  const report = JSON.parse(archive.stdout.slice(archive.stdout.search(/^[[{]/m)));
  const [packed] = Array.isArray(report) ? report : Object.values(report);
  const pick = names => Object.fromEntries(names.map(peer => [peer, devDependencies[peer]]));
  writeFileSync(join(directory, 'package.json'), JSON.stringify({
    private: true,
    dependencies: { [name]: `file:${packed.filename}`, ...pick(['cdk8s', 'cdk8s-plus-28', 'constructs']) },
    devDependencies: pick(['typescript', '@types/node']),
  }));
  examples().forEach((code, index) => writeFileSync(join(directory, `example-${index}.ts`), code));
  cpSync('test/fixtures/consumer/tsconfig.json', join(directory, 'tsconfig.json'));
  await step('pack', `npm install --silent && npx tsc && for example in example-*.js; do node $example || exit 1; done && ls dist/kustomize`,
    { cwd: directory });
  await step('command', `npx ${name} --help && npx ${name} lock --help`, { cwd: directory });
  const cloud = ['cdktf', '@cdktf/provider-google'].map(peer => `${peer}@${devDependencies[peer]}`).join(' ');
  await step('entry ./gke', `npm install --silent ${cloud} && node -e "require('${name}/gke')"`, { cwd: directory });
  rmSync(directory, { recursive: true });
}

await step('install', 'npm ci');
await step('synth', 'npm run synth && git diff --exit-code dist && test -z "$(git status --porcelain dist)"');
await step('synth again', 'npm run synth && git diff --exit-code dist && test -z "$(git status --porcelain dist)"');
await step('lint', 'npm run lint');
await step('test', 'npm test', { tests: true });
await step('build', 'npm run build');
await consume();
await step('test:cluster', 'npm run test:cluster', { tests: true });
await step('test:vllm', 'npm run test:vllm', { tests: true });
await step('test:programs', 'npm run test:programs', { tests: true });
await step('test:terraform', 'npm run test:terraform', { tests: true });
await step('bench', 'npm run bench');

console.log(`\n${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''}`);
process.exitCode = totals.failed > 0 ? 1 : 0;
