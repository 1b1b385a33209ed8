// Runs every check in turn and ends, whatever happens, with a table of the steps and one line: the checks that passed and failed.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { arch, platform, tmpdir } from 'node:os';
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
  // its library is that of the folder above, since this release is not published yet
  await gate.check('init', `npx ${name} init made && cd made && npx tsc && node app.js && ls dist/kustomize/l4-gcs/server`, { cwd: directory, minutes: 5 });
  const cloud = ['cdktf', '@cdktf/provider-google'].map(peer => `${peer}@${devDependencies[peer]}`).join(' ');
  await gate.check('entry ./gke', `npm install --silent ${cloud} && node -e "({ ...require('${name}/gke') })"`, { cwd: directory, minutes: 10 });
  rmSync(directory, { recursive: true });
}

/** The newest line of node with long-term support: https://github.com/nodejs/Release */
const NEWEST_LTS = '26.10.0';
/** The oldest that we say we run on. */
const [, FLOOR] = /(\d+\.\d+\.\d+)/.exec(JSON.parse(readFileSync('package.json', 'utf8')).engines.node);

/**
 * Synthesizes and tests on another node, which comes as a package.
 *
 * @param byNpm whether npm runs on it; npm needs a newer one than our floor
 */
async function onNode(version, { byNpm }) {
  const directory = mkdtempSync(join(tmpdir(), 'node-'));
  // Tests start it as users who are not the owner, too.
  chmodSync(directory, 0o755);
  const name = `node-${platform()}-${arch()}`;
  const path = `PATH=${directory}/node_modules/${name}/bin:node_modules/.bin:$PATH`;
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  const [synth, test] = byNpm ? ['npm run synth', 'npm test --'] : [scripts.synth, scripts.test];
  await gate.check(`node ${version}`, `npm install --silent --prefix ${directory} ${name}@${version} && ${path} node --version | grep -Fx v${version}`,
    { minutes: 5 });
  await gate.check(`synth, ${version}`, `export ${path}; ${synth} && ${UNCHANGED}`, { minutes: 5 });
  await gate.tests(`test, ${version}`, report => `export ${path}; ${test} ${report}`, { minutes: 25 });
  rmSync(directory, { recursive: true });
}

/** What is committed is what was made. */
const UNCHANGED = 'git diff --exit-code dist && test -z "$(git status --porcelain dist)"';
const suite = script => report => `npm run ${script} -- ${report}`;

await gate.run(async () => {
  await gate.check('install', 'npm ci', { minutes: 10 });
  await gate.check('synth', `npm run synth && ${UNCHANGED}`, { minutes: 5 });
  await gate.check('synth again', `npm run synth && ${UNCHANGED}`, { minutes: 5 });
  await gate.check('lint', 'npm run lint', { minutes: 10 });
  await onNode(FLOOR, { byNpm: false });
  await onNode(NEWEST_LTS, { byNpm: true });
  await gate.check('docs', 'npm run docs -- --check', { minutes: 5 });
  await gate.check('api', 'npm run api:check', { minutes: 5 });
  await gate.check('changes', 'npm run changes', { minutes: 5 });
  await gate.check('build', 'npm run build', { minutes: 5 });
  await gate.check('publish', 'npm publish --dry-run', { minutes: 5 });
  await consume();
  await gate.tests('test:cluster', suite('test:cluster'), { minutes: 60 });
  await gate.tests('test:vllm', suite('test:vllm'), { minutes: 35 });
  await gate.tests('test:walkthrough', suite('test:walkthrough'), { minutes: 25 });
  await gate.tests('test:programs', suite('test:programs'), { minutes: 45 });
  await gate.tests('test:fuse', suite('test:fuse'), { minutes: 15 });
  await gate.tests('test:terraform', suite('test:terraform'), { minutes: 20 });
  await gate.check('bench', 'npm run bench', { minutes: 15 });
});
