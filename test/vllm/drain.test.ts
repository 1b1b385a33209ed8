import { setTimeout as sleep } from 'node:timers/promises';
import { Answer, AnswerStream, endsOf } from '../rig/vllm-answer';
import { GeneratedCell } from '../rig/vllm-cell';
import { Shutdown, VllmPod } from '../rig/vllm-pod';
import { PROPAGATION_SECONDS, ServiceProxy } from '../rig/vllm-service';

const STREAMS = 8;
const cell = GeneratedCell.of('l4-gcs');
const model = cell.argument('--served-model-name')!;
const [propagation] = cell.server.lifecycle.preStop.exec.command.slice(-2).map(Number);

/** Twenty tokens a second at most, see paced.py: longer than the propagation by ten seconds and shorter than the drain. */
const LONG = 20 * (propagation + 10);

let old: VllmPod;
let successor: VllmPod;
let third: VllmPod;
let impatient: VllmPod;

beforeAll(async () => {
  [old, successor, third, impatient] = await Promise.all([
    VllmPod.start({ cell, paced: true }),
    VllmPod.start({ cell, paced: true }),
    VllmPod.start({ cell, paced: true }),
    VllmPod.start({ cell, paced: true, args: ['--shutdown-timeout=3'] }),
  ]);
  await Promise.all([old, successor, third, impatient].map(pod => pod.server.ready()));
});

afterAll(() => Promise.all([old, successor, third, impatient].map(pod => pod?.stop())));

interface Deletion {
  readonly shutdown: Shutdown;
  readonly streams: readonly Answer[];
  /** From the deletion until the last stream's end. */
  readonly streamSeconds: number;
  readonly arrivals: readonly Answer[];
}

/** Deletes a pod that answers long streams, while requests go on arriving through the Service that it shares with its successor. */
async function deleteBusy(pod: VllmPod, next: VllmPod, preStop?: readonly string[]): Promise<Deletion> {
  const service = await ServiceProxy.start(pod.server.port);
  const ask = (tokens: number, withinSeconds: number) => new AnswerStream({ url: service.url, model, tokens, withinSeconds });
  const streams = Array.from({ length: STREAMS }, () => ask(LONG, cell.terminationGracePeriodSeconds));
  await Promise.all(streams.map(stream => stream.started));
  service.add(next.server.port);

  let open = true;
  const arrivals: AnswerStream[] = [];
  const arriving = (async () => {
    for (; open; await sleep(250)) {
      arrivals.push(ask(2, 30));
    }
  })();
  const deleted = Date.now();
  service.remove(pod.server.port);
  const lastStream = Promise.all(streams.map(stream => stream.ended)).then(answers => ({ answers, seconds: (Date.now() - deleted) / 1000 }));
  const shutdown = await pod.delete(preStop);
  // requests arrive until every proxy has heard of the deletion, however fast the server was gone
  await sleep(Math.max(0, (PROPAGATION_SECONDS + 1) * 1000 - (Date.now() - deleted)));
  open = false;
  await arriving;
  const { answers, seconds } = await lastStream;
  const arrived = await Promise.all(arrivals.map(stream => stream.ended));
  await service.stop();
  return { shutdown, streams: answers, streamSeconds: seconds, arrivals: arrived };
}

function print({ shutdown, streams, streamSeconds, arrivals }: Deletion): void {
  console.log(`preStop ${shutdown.preStop?.seconds ?? 0} s, exit ${shutdown.exitSeconds} s after SIGTERM, streams ended after ${streamSeconds} s:`
    + ` ${JSON.stringify(endsOf(streams))}, arrivals: ${JSON.stringify(endsOf(arrivals))}`);
}

test('the whole sequence completes 8 of 8 streams, and no request that arrives meanwhile is refused or broken', async () => {
  const deletion = await deleteBusy(old, successor, old.preStop);
  print(deletion);
  const { shutdown, streams, streamSeconds, arrivals } = deletion;
  expect(streams).toEqual(Array.from({ length: STREAMS }, () => ({ end: 'length', tokens: LONG })));
  expect(endsOf(arrivals)).toEqual({ length: arrivals.length });
  expect(arrivals.length).toBeGreaterThan(4 * propagation / 2);
  expect(shutdown).toMatchObject({ preStop: { exitCode: 0, output: 'drain: idle\n' }, exit: 0 });
  // they were still running when the propagation was over, and preStop waited for them: otherwise they would show nothing
  expect(streamSeconds).toBeGreaterThan(propagation);
  expect(shutdown.preStop!.seconds).toBeGreaterThan(streamSeconds);
});

test('without preStop every stream is aborted, and requests that arrive are refused', async () => {
  const deletion = await deleteBusy(successor, third);
  print(deletion);
  expect(endsOf(deletion.streams)).toEqual({ abort: STREAMS });
  expect(endsOf(deletion.arrivals)).toMatchObject({ 'error: socket hang up': expect.any(Number) });
  expect(deletion.shutdown.exit).toBe(0);
});

test('a drain that is cut short ends the streams as aborted, at once', async () => {
  const deletion = await deleteBusy(third, impatient, [...third.preStop.slice(0, -2), '1', '2']);
  print(deletion);
  const { shutdown, streams, streamSeconds } = deletion;
  expect(shutdown).toMatchObject({ preStop: { exitCode: 0, output: 'drain: time is up\n' }, exit: 0 });
  expect(endsOf(streams)).toEqual({ abort: STREAMS });
  expect(streamSeconds).toBeLessThan(propagation);
});

test('a shutdown timeout that is shorter than the streams is why the planner refuses one', async () => {
  const deletion = await deleteBusy(impatient, impatient);
  print(deletion);
});
