import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { performance } from 'node:perf_hooks';
import { Accelerator, Model } from '../lib/catalog';
import { survey } from '../lib/cli/survey';
import { StepWork } from '../lib/planning/step-work';
import { compare, Compared, MeasuredSpeed, median } from '../test/planning/measured-speed';

// The throughput plan beside a peer and a plain roofline, on the measured rows, in one run. No answer counts as an error of 100 %.
// SPEEDS=rows.jsonl takes other rows, PEER=folder an environment of Python that is there already

/** 0.13.0 itself is a stub that fetches its wheel from another index; this is the last wheel of it that PyPI has. */
const PEER = 'aisimulate==0.13.0.dev202610270000000085';
/** What an estimate imports; the others of its forty packages are for its searches. */
const IMPORTED = ['numpy<3', 'pandas', 'pyarrow', 'pyyaml', 'pydantic', 'prettytable', 'plotext<6', 'scipy', 'tqdm', 'packaging', 'jinja2', 'psutil',
  'ijson', 'munch', 'plotly', 'matplotlib', 'bokeh', 'nvidia-ml-py'];
const ROWS = process.env.SPEEDS ?? path.join(__dirname, '..', 'test', 'planning', 'speeds.jsonl');

interface Answer { readonly outputTokensPerSecond: number | null; readonly reason?: string }

function run(program: string, args: string[], input?: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { input, encoding: 'utf8', maxBuffer: 1e8 });
  if (status !== 0) {
    throw new Error(`${program} ${args.slice(0, 3).join(' ')}: ${error?.message ?? stderr.slice(-2000)}`);
  }
  return stdout;
}

/** An environment of Python with the peer. */
function environment(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'peers-'));
  run('python3', ['-m', 'venv', folder]);
  const pip = path.join(folder, 'bin', 'pip');
  run(pip, ['install', '-q', '--no-deps', '--only-binary', ':all:', PEER]);
  run(pip, ['install', '-q', '--only-binary', ':all:', ...IMPORTED]);
  return folder;
}

function ofPeer(folder: string, rows: readonly Compared[]): Answer[] {
  const loads = rows.map(({ row, plan: { props: { memory } } }) => JSON.stringify({
    model: memory.model.id, inputTokens: row.inlen, outputTokens: row.outlen, clients: row.conc,
    experts: memory.model.experts !== undefined, tensorParallelSize: memory.tensorParallelSize,
    pipelineParallelSize: memory.pipelineParallelSize, fp8: memory.props.quantization === 'fp8',
  }));
  const output = run(path.join(folder, 'bin', 'python'), [path.join(__dirname, 'peers.py')], loads.join('\n'));
  return output.split('\n').filter(line => line.startsWith('ANSWER ')).map(line => JSON.parse(line.slice(7)) as Answer);
}

/** Bytes over the sheet's bandwidth and operations over its rate, whichever takes longer, and nothing else. */
function roofline({ row, plan: { props: { memory } } }: Compared): number {
  const work = new StepWork(memory);
  const speed = memory.accelerator.speed!;
  const rate = memory.props.quantization === 'fp8' ? speed.fp8OperationsPerSecond! : speed.halfOperationsPerSecond;
  const stages = memory.pipelineParallelSize;
  const seconds = (tokens: number, cacheBytes: number, operations: number) => Math.max(
    (work.commonBytes + work.expertBytes * work.expertsTouched(tokens) + cacheBytes) / speed.memoryBytesPerSecond,
    (tokens * (work.operationsPerToken + work.expertOperationsPerToken) + operations) / rate,
  ) / stages;
  const step = seconds(row.conc, work.cacheBytes(row.conc, row.inlen + row.outlen / 2), row.conc * work.headOperations);
  const prompt = seconds(row.inlen, 0, work.attentionOperations(0, row.inlen));
  return row.conc * row.outlen / (row.outlen * step + row.conc * prompt);
}

function report(name: string, predicted: readonly (number | null)[], rows: readonly MeasuredSpeed[], among?: readonly boolean[]): void {
  const errorOf = (value: number | null, row: number) => value === null ? 1 : Math.abs(value / rows[row].output_tok_per_s - 1);
  const errors = predicted.flatMap((value, row) => among?.[row] === false ? [] : [errorOf(value, row)]);
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`.padStart(8);
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  console.log(`${name.padEnd(44)}${String(errors.length).padStart(4)} rows  median ${percent(median(errors))}  mean ${percent(mean)}  worst ${
    percent(Math.max(...errors))}`);
}

function seconds(what: () => unknown): number {
  const begin = performance.now();
  what();
  return (performance.now() - begin) / 1000;
}

/** The fastest of some: what other programs on the machine take is in the others. */
function fastest(times: number, what: () => unknown): number {
  return Math.min(...Array.from({ length: times }, () => seconds(what)));
}

function times(folder: string): void {
  const request = {
    model: Model.LLAMA_3_1_8B_INSTRUCT,
    load: { inputTokens: 1024, outputTokens: 128, clients: 64 },
    goals: {},
    accelerators: Accelerator.all(),
  };
  const program = path.join(__dirname, '..', 'build', 'lib', 'cli', 'main.js');
  console.log(`\nsurvey of all accelerators and sizes, warm          ${(1000 * fastest(20, () => survey(request))).toFixed(1)} ms`);
  console.log(`node -e 0                                           ${fastest(5, () => run('node', ['-e', '0'])).toFixed(2)} s`);
  run('npm', ['run', 'build']);
  const plan = fastest(5, () => run('node', [program, 'plan', request.model.id]));
  console.log(`cdk8s-vllm plan, all accelerators and sizes         ${plan.toFixed(2)} s`);
  const estimate = ['cli', 'estimate', '--model-path', 'meta-llama/Meta-Llama-3.1-8B', '--system', 'h200_sxm', '--backend', 'vllm', '--isl', '1024',
    '--osl', '128', '--batch-size', '64'];
  const peer = fastest(2, () => run(path.join(folder, 'bin', 'aiconfigurator'), estimate));
  console.log(`aisimulate's command, one accelerator and one size  ${peer.toFixed(2)} s`);
}

const rows = fs.readFileSync(ROWS, 'utf8').trim().split('\n').map(line => JSON.parse(line) as MeasuredSpeed);
const compared = rows.map(row => compare(row));
const ours = compared.map(({ plan }) => plan.outputTokensPerSecond);
const plain = compared.map(roofline);
const folder = process.env.PEER ?? environment();
process.on('exit', () => folder === process.env.PEER || fs.rmSync(folder, { recursive: true }));
const peers = ofPeer(folder, compared);
const peer = peers.map(({ outputTokensPerSecond }) => outputTokensPerSecond);
const answered = peer.map(value => value !== null);

rows.forEach((row, index) => {
  const error = (value: number) => (100 * (value / row.output_tok_per_s - 1)).toFixed(0);
  const cell = (value: number | null) => (value === null ? '-' : `${value.toFixed(0)} ${error(value)} %`).padStart(14);
  const load = `${row.inlen}/${row.outlen} x ${row.conc}${row.stream === false ? ' whole' : ''}`;
  console.log(`${row.id.padEnd(24)}${load.padEnd(22)}measured ${row.output_tok_per_s.toFixed(0).padStart(6)}  plan${cell(ours[index])}  aisimulate${
    cell(peer[index])}  roofline${cell(plain[index])}`);
});
const reasons = new Set(peers.flatMap(({ reason }, row) => reason ? [`${rows[row].model}: ${reason}`] : []));
reasons.forEach(line => console.log(`no answer of aisimulate: ${line}`));
console.log('aisimulate has no input for: eager execution, streaming, the number of API servers, batched tokens of the whole server');
report('plan, rows that aisimulate answers', ours, rows, answered);
report('aisimulate, the same rows', peer, rows, answered);
report('roofline, the same rows', plain, rows, answered);
report('plan, all rows', ours, rows);
report('aisimulate, all rows', peer, rows);
report('roofline, all rows', plain, rows);
times(folder);
