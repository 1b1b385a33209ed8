import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VllmBenchmark } from '../../lib';
import exits from '../../lib/workloads/shared/exits.json';
import { programFolder } from '../rig/program-folder';
import { CPU_ENVIRONMENT, DEFAULT_RELEASE, EVERY_PROCESSOR, tinyModel } from '../rig/vllm';
import { environmentOf, install, pythonOf } from '../rig/vllm/install';
import { objectsOf, server, unit } from '../serving/rendered';

/** `vllm bench latency` asks with token ids below 10,000, whatever the model knows: vllm/benchmarks/latency.py */
const VOCABULARY = 10_240;
const folder = mkdtempSync(join(tmpdir(), 'benchmark-'));
const MAIN = join(programFolder(VllmBenchmark.programImage().programs), 'main.py');

beforeAll(() => install(DEFAULT_RELEASE), 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The container of a rendered Job, with a tiny model in its weights' place, and what a processor asks for. */
async function run(change: (args: string[]) => string[] = args => args): Promise<{ code: number | null; output: string }> {
  const scope = unit();
  const measured = server(unit(), { maxModelLen: 512, maxNumSeqs: 8, enforceEager: true });
  new VllmBenchmark(scope, 'benchmark', { server: measured, bucket: 'my-results', inputTokens: 40, outputTokens: 8, prompts: 12, batchSize: 2, iterations: 3 });
  const [{ args, env }] = objectsOf(scope).find(({ kind }) => kind === 'Job')!.spec.template.spec.containers;
  const here: string[] = args.map((arg: string) => arg === measured.args[0] ? tinyModel(VOCABULARY) : arg === '/results' ? folder
    : arg.startsWith('--engine-arguments=') ? `${arg.slice(0, -1)},"${EVERY_PROCESSOR}"]` : arg);
  const child = spawn(pythonOf(DEFAULT_RELEASE), [MAIN, ...change(here)], {
    env: {
      ...Object.fromEntries(env.map(({ name, value }: { name: string; value: string }) => [name, value])), ...CPU_ENVIRONMENT, HOME: folder,
      PATH: `${join(environmentOf(DEFAULT_RELEASE), 'bin')}:/usr/bin:/bin`,
    },
  });
  let output = '';
  [child.stdout, child.stderr].forEach(stream => stream.on('data', chunk => output += chunk));
  return new Promise(done => child.on('close', code => done({ code, output })));
}

const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));

test('the real vLLM measures the engine of the server, and what it says is in the bucket', async () => {
  const { code, output } = await run();
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('tokens/s out of 12 questions at once') });
  const [throughput, latency, benchmark] = ['throughput.json', 'latency.json', 'benchmark.json'].map(read);
  expect(throughput.num_requests).toBe(12);
  // random questions are read again by the tokenizer, which makes some of them a token longer
  expect(throughput.total_num_tokens / (12 * 48)).toBeCloseTo(1, 1);
  expect(latency.latencies.length).toBe(3);
  expect(benchmark).toMatchObject({
    model: 'Qwen/Qwen3-8B', release: '0.33.0', image: 'docker.io/vllm/vllm-openai:v0.33.0', accelerator: 'h100', tensorParallelSize: 1,
    inputTokens: 40, outputTokens: 8, prompts: 12, batchSize: 2, throughput, latency,
  });
  expect(benchmark.engineArguments).toEqual(expect.arrayContaining(['--max-model-len=512', '--max-num-seqs=8', '--enforce-eager']));
  expect(benchmark.outputTokensPerSecond).toBeCloseTo(12 * 8 / throughput.elapsed_time, 1);
  expect(readdirSync(folder).filter(name => name.endsWith('.new'))).toEqual([]);
}, 500_000);

test.each<[string, (args: string[]) => string[], number, RegExp]>([
  ['there is no model', args => ['/nonexistent', ...args.slice(1)], exits.NO_INPUT, /there is no model in \/nonexistent: it has no config\.json/],
  ['the arguments are no list', args => [...args, '--engine-arguments={}'], exits.USAGE, /--engine-arguments is no JSON list/],
  ['vLLM does not take an argument', args => [...args, '--engine-arguments=["--nonsense=1"]'], exits.SOFTWARE, /vllm bench throughput ended with 2/],
])('it ends when %s', async (_, change, code, says) => {
  const ended = await run(change);
  expect(ended).toEqual({ code, output: expect.stringMatching(says) });
}, 200_000);
