// Runs every check in turn and ends, whatever happens, with a table of the steps and one line: the checks that passed and failed.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Gate } from './gate.mjs';

/** Below the 90 minutes that a run may take, so that the closing line comes from us and not from who ends us. */
const gate = new Gate({ minutes: 84 });

/** Installs the packed library into an empty project beside its peers, and compiles and runs the examples that the docs show there. */
async function consume() {
  const directory = mkdtempSync(join(tmpdir(), 'consumer-'));
  const { devDependencies, name } = JSON.parse(readFileSync('package.json', 'utf8'));
  const archive = spawnSync('npm', ['pack', '--json', '--pack-destination', directory], { encoding: 'utf8', timeout: 300_000 });
  const report = JSON.parse(archive.stdout.slice(archive.stdout.search(/^[[{]/m)));
  const [packed] = Array.isArray(report) ? report : Object.values(report);
  const pick = names => Object.fromEntries(names.map(peer => [peer, devDependencies[peer]]));
  writeFileSync(join(directory, 'package.json'), JSON.stringify({
    private: true,
    dependencies: { [name]: `file:${packed.filename}`, ...pick(['cdk8s', 'cdk8s-plus-28', 'constructs']) },
    devDependencies: pick(['typescript', '@types/node']),
  }));
  cpSync('examples', directory, { recursive: true });
  cpSync('test/fixtures/consumer/tsconfig.json', join(directory, 'tsconfig.json'));
  await gate.check('pack', `npm install --silent && npx tsc && for example in *.js; do node $example || exit 1; done && ls dist/kustomize`,
    { cwd: directory, minutes: 10 });
  await gate.check('command', `npx ${name} --help && npx ${name} lock --help`, { cwd: directory, minutes: 5 });
  const cloud = ['cdktf', '@cdktf/provider-google'].map(peer => `${peer}@${devDependencies[peer]}`).join(' ');
  await gate.check('entry ./gke', `npm install --silent ${cloud} && node -e "require('${name}/gke')"`, { cwd: directory, minutes: 10 });
  rmSync(directory, { recursive: true });
}

await gate.run(async () => {
  await gate.check('install', 'npm ci', { minutes: 10 });
  await gate.check('synth', 'npm run synth && git diff --exit-code dist && test -z "$(git status --porcelain dist)"', { minutes: 5 });
  await gate.check('synth again', 'npm run synth && git diff --exit-code dist && test -z "$(git status --porcelain dist)"', { minutes: 5 });
  await gate.check('lint', 'npm run lint', { minutes: 10 });
  await gate.tests('test', 'npm test', { minutes: 20 });
  await gate.check('docs', 'npm run docs -- --check', { minutes: 5 });
  await gate.check('build', 'npm run build', { minutes: 5 });
  await gate.check('publish', 'npm publish --dry-run', { minutes: 5 });
  await consume();
  await gate.tests('test:cluster', 'npm run test:cluster', { minutes: 60 });
  await gate.tests('test:vllm', 'npm run test:vllm', { minutes: 35 });
  await gate.tests('test:programs', 'npm run test:programs', { minutes: 45 });
  await gate.tests('test:terraform', 'npm run test:terraform', { minutes: 20 });
  await gate.check('bench', 'npm run bench', { minutes: 15 });
});
