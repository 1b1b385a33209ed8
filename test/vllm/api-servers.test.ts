import { API_SERVER_BYTES } from '../../lib/planning/server-processes';
import { apiServers, chosenArguments, startChosen } from '../rig/chosen-pod';
import { eventually } from '../rig/eventually';
import { DEFAULT_RELEASE } from '../rig/vllm';
import { AnswerStream, endsOf } from '../rig/vllm-answer';
import { GeneratedCell } from '../rig/vllm-cell';
import { deleteBusy, STREAMS } from '../rig/vllm-deletion';
import { expositionOf } from '../rig/vllm-metrics';
import { VllmPod } from '../rig/vllm-pod';
import { deadOf, readersOf } from '../rig/vllm-readers';
import { expectMetricsOfRegistry } from '../rig/vllm-registry-metrics';

const COUNTED = [
  'vllm:request_success_total', 'vllm:generation_tokens_total', 'vllm:time_to_first_token_seconds_count', 'vllm:e2e_request_latency_seconds_count',
];
const cell = GeneratedCell.of('l4-gcs');
const model = cell.argument('--served-model-name')!;
const [propagation] = cell.server.lifecycle.preStop.exec.command.slice(-2).map(Number);
/** Ten tokens a second at most, see paced.py: some seconds longer than the propagation. */
const LONG = 10 * (propagation + 4);

function ask(pod: VllmPod, tokens: number): AnswerStream {
  return new AnswerStream({ url: pod.server.url, model, tokens, withinSeconds: 120 });
}

/** Sum of the rows of a metric. */
function valueOf(text: string, metric: string): number {
  const rows = text.split('\n').filter(line => line.startsWith(`${metric}{`));
  expect([metric, rows.length > 0]).toEqual([metric, true]);
  return rows.reduce((sum, row) => sum + Number(row.slice(row.lastIndexOf(' '))), 0);
}

let pod: VllmPod;
let answers: (number | 'refused')[];

beforeAll(async () => {
  pod = await startChosen(cell);
  answers = await pod.server.ready();
});

afterAll(() => pod?.stop());

test('the chosen arguments are those of four API servers, each a process', () => {
  expect(chosenArguments()).toEqual(['--max-num-seqs=1024', '--max-num-batched-tokens=8192', '--api-server-count=4']);
  expect(chosenArguments().every(arg => pod.args.includes(arg))).toBe(true);
  expect(apiServers(pod)).toHaveLength(4);
});

test('the memory that the pod asks for each of them is enough', () => {
  const bytes = apiServers(pod).map(one => one.bytes);
  console.log(`resident bytes of each API server: ${bytes.join(', ')}`);
  expect(Math.max(...bytes)).toBeLessThan(API_SERVER_BYTES);
  expect(Math.max(...bytes)).toBeGreaterThan(API_SERVER_BYTES / 4);
});

test('the probes are refused until the engine is ready, and 200 from then on', async () => {
  expect(answers).toEqual(['refused', 200]);
  for (const { httpGet, timeoutSeconds } of [cell.server.startupProbe, cell.server.readinessProbe, cell.server.livenessProbe]) {
    const answer = await fetch(`${pod.server.url}${httpGet.path}`, { signal: AbortSignal.timeout(timeoutSeconds * 1000) });
    expect([httpGet.path, answer.status]).toEqual([httpGet.path, 200]);
  }
});

test('requests that run are counted once, whichever process is asked, and none when all are answered', async () => {
  const streams = Array.from({ length: STREAMS }, () => ask(pod, 40));
  await Promise.all(streams.map(stream => stream.started));
  const seen = await Promise.all(Array.from({ length: 12 }, async () => valueOf(await pod.server.metrics(), 'vllm:num_requests_running')));
  expect(new Set(seen)).toEqual(new Set([STREAMS]));
  expect(endsOf(await Promise.all(streams.map(stream => stream.ended)))).toEqual({ length: STREAMS });
  await eventually('an idle server says so', async () => {
    const text = await pod.server.metrics();
    return valueOf(text, 'vllm:num_requests_running') === 0 && valueOf(text, 'vllm:num_requests_waiting') === 0;
  }, 60);
});

test('every answer, token and latency is counted once over all processes', async () => {
  const before = await pod.server.metrics();
  const streams = Array.from({ length: 12 }, () => ask(pod, 5));
  expect(endsOf(await Promise.all(streams.map(stream => stream.ended)))).toEqual({ length: 12 });
  const grown = (after: string) => COUNTED.map(metric => valueOf(after, metric) - valueOf(before, metric));
  const counted = await eventually('the last answer is counted', async () => {
    const figures = grown(await pod.server.metrics());
    return figures[0] >= 12 && figures;
  }, 60);
  expect(counted).toEqual([12, 60, 12, 12]);
});

test('they expose every metric that the registry calls always present, and no other of vLLM', async () => {
  expectMetricsOfRegistry(await pod.server.metrics(), DEFAULT_RELEASE);
});

test('autoscaler, scraper and rules read only what they expose, one row for each engine', async () => {
  const exposition = expositionOf(await pod.server.metrics());
  const readers = readersOf(cell);
  expect(deadOf(readers, exposition)).toEqual([]);
  // a gauge of each process would be added up by whoever sums over servers
  const gauges = exposition.rows.filter(({ name }) => readers.kept.includes(name) && exposition.types.get(name) === 'gauge');
  expect(gauges.map(({ name }) => name).sort()).toEqual([...new Set(gauges.map(({ name }) => name))].sort());
  expect(gauges.flatMap(({ labels }) => Object.keys(labels))).not.toContain('pid');
});

test('the drain completes 8 of 8 streams', async () => {
  const { shutdown, streams } = await deleteBusy({
    pod, model, tokens: LONG, preStop: pod.preStop, patience: cell.terminationGracePeriodSeconds,
  });
  expect(streams).toEqual(Array.from({ length: STREAMS }, () => ({ end: 'length', tokens: LONG })));
  expect(shutdown).toMatchObject({ preStop: { exitCode: 0, output: 'drain: idle\n' }, exit: 0 });
});
