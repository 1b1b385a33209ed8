import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { runCommandLine } from '../../lib/cli/command-line';
import { ExampleProject, PROJECT } from '../../scripts/docs/example';
import { contentOf } from '../kustomize/folders';

interface Ended { readonly exitCode: number; readonly out: string; readonly error: string }

let home: string;

beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'init-'));
  process.chdir(home);
});
afterEach(() => {
  process.chdir(PROJECT);
  fs.rmSync(home, { recursive: true });
});

async function init(...args: string[]): Promise<Ended> {
  const lines: { [stream in 'out' | 'error']: string[] } = { out: [], error: [] };
  const exitCode = await runCommandLine(['init', ...args], {}, { out: line => lines.out.push(line), error: line => lines.error.push(line) });
  return { exitCode, out: lines.out.join('\n'), error: lines.error.join('\n') };
}

test('what is written synthesizes the manifests that it deploys, with the settings of .env', async () => {
  const project = new ExampleProject();
  try {
    process.chdir(project.folder);
    expect(await init('my models')).toMatchObject({ exitCode: 0, error: '' });
    expect(fs.readdirSync('my models').sort()).toEqual(['.env.example', '.gitignore', 'README.md', 'app.ts', 'package.json', 'tsconfig.json']);
    const settings = fs.readFileSync('my models/.env.example', 'utf8').replace('BUCKET=my-models', 'BUCKET=your-models');
    fs.writeFileSync('.env', settings);
    expect(project.run('my models/app.ts')).toMatch(/Qwen3-8B[^]*grants:[^]*vllm-openai-gcs-l4-loader .*write/);
    const { scripts } = JSON.parse(fs.readFileSync('my models/package.json', 'utf8')) as { scripts: { deploy: string } };
    const applied = scripts.deploy.split(' && ').map(command => command.replace('kubectl apply -k ', ''));
    expect(applied).toEqual(['dist/kustomize/cluster', 'dist/kustomize/l4-gcs/weights', 'dist/kustomize/l4-gcs']);
    expect(applied.filter(folder => !fs.existsSync(path.join('my models', folder, 'kustomization.yaml')))).toEqual([]);
    const server = Object.entries(contentOf(path.join('my models', 'dist', 'kustomize', 'l4-gcs', 'server')));
    const deployment = server.find(([name]) => name.startsWith('deployment-'))![1];
    expect(deployment).toContain('bucketName: your-models');
    expect(deployment).toContain('--max-model-len=16384');
    expect(deployment).toContain('cloud.google.com/gke-accelerator: nvidia-l4');
  } finally {
    process.chdir(PROJECT);
    project.remove();
  }
});

test('its libraries are those that this release was tested with', async () => {
  await init();
  const { name, dependencies, devDependencies } = JSON.parse(fs.readFileSync('package.json', 'utf8')) as { [field: string]: { [name: string]: string } };
  const own = JSON.parse(fs.readFileSync(path.join(PROJECT, 'package.json'), 'utf8')) as { version: string; devDependencies: { [name: string]: string } };
  expect(name).toMatch(/^init-[a-z0-9-]+$/);
  expect(dependencies['cdk8s-vllm']).toBe(own.version);
  Object.entries({ ...dependencies, ...devDependencies, 'cdk8s-vllm': undefined }).forEach(([library, version]) =>
    expect(version).toBe(own.devDependencies[library]));
});

test('a folder with something in it is left as it is', async () => {
  fs.writeFileSync('mine.txt', 'mine');
  expect(await init()).toEqual({
    exitCode: 73, out: '', error: 'cdk8s-vllm: . is not empty: mine.txt lies in it; name a folder that is empty or not there yet',
  });
  expect(fs.readdirSync('.')).toEqual(['mine.txt']);
  expect(await init('mine.txt')).toMatchObject({ exitCode: 73, error: 'cdk8s-vllm: mine.txt is a file; name a folder that is empty or not there yet' });
});

test('a repository without a file is empty', async () => {
  fs.mkdirSync('.git');
  expect(await init()).toMatchObject({ exitCode: 0 });
});

test('one folder at a time', async () => {
  expect(await init('a', 'b')).toMatchObject({ exitCode: 64 });
  expect(fs.readdirSync('.')).toEqual([]);
});
