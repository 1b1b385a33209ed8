import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BatchInference, GradioChat, ModelEvaluation } from '../../lib';
import { ProgramFiles } from '../../lib/pods/program-files';
import { ProjectCopy } from '../dist/project-copy';
import { programFolder } from '../rig/program-folder';
import { imagePython, ProgramImage } from '../rig/python/environment';

interface Workload {
  readonly folder: string;
  readonly image: ProgramImage;
  readonly programs: ProgramFiles;
  /** Arguments with which the program ends soon, whatever it thinks of the one that is tried. */
  readonly args: readonly string[];
  /** A line that makes it with the props, where `server` is one and `scope` is its chart. */
  readonly make: string;
  /** The argument whose range and default are changed, and its prop. */
  readonly argument: string;
  readonly prop: string;
  readonly change: { readonly most: number; readonly default?: number };
  /** Beyond the changed range, and within the one that is there. */
  readonly beyond: number;
}

const BATCH = '{ server, bucket: \'my-data\', input: \'in/input.jsonl\', output: \'output\'';

const WORKLOADS: readonly Workload[] = [
  {
    folder: 'gradio-chat', image: 'gradio-app', programs: GradioChat.programImage().programs, make: 'new lib.GradioChat(scope, \'it\', { server, ...props })',
    args: ['--server-url=http://localhost:1', '--model=m', '--max-model-len=2', '--max-tokens=2'],
    argument: 'temperature', prop: 'temperature', change: { most: 1.5, default: 0.3 }, beyond: 1.6,
  },
  {
    folder: 'batch-inference', image: 'vllm-openai', programs: BatchInference.programImage().programs,
    make: `new lib.BatchInference(scope, 'it', ${BATCH}, ...props })`, args: ['/nowhere/input', '/nowhere/output', '--url=http://localhost:1', '--model=m'],
    argument: 'max-retries', prop: 'maxRetries', change: { most: 5, default: 3 }, beyond: 6,
  },
  {
    folder: 'model-evaluation', image: 'vllm-openai', programs: ModelEvaluation.programImage().programs,
    make: `new lib.ModelEvaluation(scope, 'it', { batch: new lib.BatchInference(scope, 'batch', ${BATCH} }), labels: 'in/labels.jsonl', ...props })`,
    args: ['/nowhere/predictions', '/nowhere/labels', '/nowhere/output'],
    argument: 'min-accuracy', prop: 'minAccuracy', change: { most: 0.5 }, beyond: 0.6,
  },
];

const TABLE = WORKLOADS.map(workload => [workload.folder, workload] as const);

/** All that it says. */
function run(programs: ProgramFiles, image: ProgramImage, ...args: string[]): string {
  const main = join(programFolder(programs), 'main.py');
  const { stdout, stderr } = spawnSync(imagePython(image), [main, ...args], {
    encoding: 'utf8', env: { PATH: '/usr/bin:/bin', PYTHONDONTWRITEBYTECODE: '1', COLUMNS: '10000', HOME: '/tmp' },
  });
  return stdout + stderr;
}

test.each(TABLE)('no module of %s stands before one of its image', (_, { programs, image }) => {
  const modules = Object.keys(programs).filter(name => name.endsWith('.py') && name !== 'main.py').map(name => name.replace('.py', ''));
  const found = 'import importlib.util, sys; print([name for name in sys.argv[1:] if importlib.util.find_spec(name)])';
  const { stdout } = spawnSync(imagePython(image), ['-I', '-c', found, ...modules, 'json'], { encoding: 'utf8' });
  expect(stdout.trim()).toBe('[\'json\']');
});

/** What a construct of the copy says to a value of its prop: its arguments or its refusal. */
function constructed(copy: ProjectCopy, { make, prop }: Workload, value?: number): string {
  const script = `
    const { Testing } = require('cdk8s');
    const lib = require('./lib');
    const scope = new lib.KustomizeUnit(Testing.app(), 'unit', { cell: 'cell', unit: 'unit', namespace: 'vllm' });
    const weights = new lib.WeightsVolume(scope, 'weights', { model: lib.Model.QWEN3_8B, storage: lib.WeightsStorage.gcsFuse({ bucket: 'my-models' }) });
    const server = new lib.VllmServer(scope, 'server', { weights, accelerator: lib.Accelerator.H100, maxModelLen: 8192 });
    const props = ${JSON.stringify({ [prop]: value })};
    try {
      console.log((${make}).args.join(' '));
    } catch (error) {
      console.log(error.message);
    }`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-r', 'sucrase/register/ts', '-e', script], { cwd: copy.folder, encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout;
}

test.each(TABLE)('%s: what contract.json says is what construct and program refuse, and what they take when nothing is said', (_, workload) => {
  const { folder, image, programs, args, argument, prop, change, beyond } = workload;
  const copy = new ProjectCopy();
  try {
    const file = copy.path('lib/workloads', folder, 'contract.json');
    const tried = (value: number) => [constructed(copy, workload, value),
      run({ ...programs, 'contract.json': readFileSync(file, 'utf8') }, image, ...args, `--${argument}=${value}`).split('\n')[0]];
    const [madeBefore, saidBefore] = tried(beyond);
    expect([madeBefore, saidBefore]).toEqual([expect.stringContaining(`--${argument}=${beyond}`), expect.not.stringContaining(argument)]);

    const contract = JSON.parse(readFileSync(file, 'utf8')) as { arguments: Record<string, object> };
    contract.arguments[argument] = { ...contract.arguments[argument], ...change };
    writeFileSync(file, JSON.stringify(contract));
    const [refused, said] = tried(beyond);
    expect(refused).toMatch(new RegExp(`'${prop}' \\(${beyond}\\) must be .*(to|at most) ${change.most}`));
    expect(said).toContain(`--${argument} (${beyond}) must be at most ${change.most}`);
    const [made, accepted] = tried(change.most);
    expect([made, accepted]).toEqual([expect.stringContaining(`--${argument}=${change.most}`), expect.not.stringContaining(argument)]);
    if (change.default !== undefined) {
      expect(constructed(copy, workload)).toContain(`--${argument}=${change.default}`);
      const changed = { ...programs, 'contract.json': readFileSync(file, 'utf8') };
      expect(run(changed, image, '--help')).toContain(`default: ${change.default})`);
    }
  } finally {
    copy.remove();
  }
});
