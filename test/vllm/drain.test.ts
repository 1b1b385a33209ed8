import { endsOf } from '../rig/vllm-answer';
import { GeneratedCell } from '../rig/vllm-cell';
import { deleteBusy, Deletion, STREAMS } from '../rig/vllm-deletion';
import { VllmPod } from '../rig/vllm-pod';

const cell = GeneratedCell.of('l4-gcs');
const model = cell.argument('--served-model-name')!;
const [propagation, drain] = cell.server.lifecycle.preStop.exec.command.slice(-2).map(Number);

/** Ten tokens a second at most, see paced.py: some seconds longer than the propagation. */
const LONG = 10 * (propagation + 4);

let old: VllmPod;
let successor: VllmPod;
let third: VllmPod;

beforeAll(async () => {
  [old, successor, third] = await Promise.all([1, 2, 3].map(() => VllmPod.start({ cell, paced: true })));
  await Promise.all([old, successor, third].map(pod => pod.server.ready()));
});

afterAll(() => Promise.all([old, successor, third].map(pod => pod?.stop())));

function print({ shutdown, streams, streamSeconds, arrivals }: Deletion): void {
  console.log([
    `preStop took ${shutdown.preStop?.seconds ?? 0} s, the exit ${shutdown.exitSeconds} s`,
    `the last stream ended after ${streamSeconds} s; streams ${JSON.stringify(endsOf(streams))}, arrivals ${JSON.stringify(endsOf(arrivals))}`,
  ].join('\n'));
}

test('the whole sequence completes 8 of 8 streams, and no request that arrives meanwhile is refused or broken', async () => {
  const deletion = await deleteBusy({
    pod: old, model, tokens: LONG, next: successor, preStop: old.preStop, patience: cell.terminationGracePeriodSeconds,
  });
  print(deletion);
  const { shutdown, streams, streamSeconds, arrivals } = deletion;
  expect(streams).toEqual(Array.from({ length: STREAMS }, () => ({ end: 'length', tokens: LONG })));
  expect(endsOf(arrivals)).toEqual({ length: arrivals.length });
  expect(arrivals.length).toBeGreaterThan(propagation);
  expect(shutdown).toMatchObject({ preStop: { exitCode: 0, output: 'drain: idle\n' }, exit: 0 });
  // they still ran when the propagation was over, and preStop waited for them: otherwise they would show nothing
  expect(streamSeconds).toBeGreaterThan(propagation);
  expect(shutdown.preStop!.seconds).toBeGreaterThan(streamSeconds);
});

test('a drain that is cut short ends every stream as aborted, none hangs, and arriving requests go elsewhere', async () => {
  const deletion = await deleteBusy({
    pod: successor, model, tokens: LONG, next: third, preStop: [...successor.preStop.slice(0, -1), '1'], patience: 60,
  });
  print(deletion);
  const { shutdown, streams, arrivals } = deletion;
  expect(shutdown).toMatchObject({ preStop: { exitCode: 0, output: 'drain: time is up\n' }, exit: 0 });
  expect(endsOf(streams)).toEqual({ abort: STREAMS });
  expect(endsOf(arrivals)).toEqual({ length: arrivals.length });
  // what the grace period has left for abort and exit when propagation and drain are over
  expect(shutdown.preStop!.seconds - propagation - 1 + shutdown.exitSeconds)
    .toBeLessThan(cell.terminationGracePeriodSeconds - propagation - drain);
});

test('without preStop no stream completes, requests are refused: the checks above can fail', async () => {
  const deletion = await deleteBusy({ pod: third, model, tokens: LONG, patience: 10 });
  print(deletion);
  const { streams, arrivals } = deletion;
  expect(endsOf(streams)).not.toHaveProperty('length');
  expect(arrivals.filter(({ end }) => end.startsWith('error: ')).length).toBeGreaterThan(0);
});
