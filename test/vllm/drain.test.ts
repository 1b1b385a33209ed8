import { setTimeout as sleep } from 'node:timers/promises';
import { Answer, AnswerStream, endsOf } from '../rig/vllm-answer';
import { GeneratedCell } from '../rig/vllm-cell';
import { Shutdown, VllmPod } from '../rig/vllm-pod';
import { PROPAGATION_SECONDS, ServiceProxy } from '../rig/vllm-service';

const STREAMS = 8;
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

interface Deletion {
  readonly shutdown: Shutdown;
  readonly streams: readonly Answer[];
  /** From the deletion until the last stream's end. */
  readonly streamSeconds: number;
  readonly arrivals: readonly Answer[];
}

/**
 * Deletes a pod that answers long streams, while requests go on arriving through the Service that it shares with the next one.
 *
 * @param patience seconds after which a client calls a stream hanging
 */
async function deleteBusy(
  pod: VllmPod, next: VllmPod | undefined, preStop: readonly string[] | undefined, patience: number,
): Promise<Deletion> {
  const service = await ServiceProxy.start(pod.server.port);
  const ask = (tokens: number, withinSeconds: number) => new AnswerStream({ url: service.url, model, tokens, withinSeconds });
  const streams = Array.from({ length: STREAMS }, () => ask(LONG, patience));
  await Promise.all(streams.map(stream => stream.started));
  if (next) {
    service.add(next.server.port);
  }

  let open = true;
  const arrivals: AnswerStream[] = [];
  const arriving = (async () => {
    for (; open; await sleep(500)) {
      arrivals.push(ask(2, 30));
    }
  })();
  const deleted = Date.now();
  service.remove(pod.server.port);
  const ended = Promise.all(streams.map(stream => stream.ended)).then(answers => ({ answers, seconds: (Date.now() - deleted) / 1000 }));
  const shutdown = await pod.delete(preStop);
  // requests arrive until every proxy has heard of the deletion, however fast the server was gone
  await sleep(Math.max(0, (PROPAGATION_SECONDS + 1) * 1000 - (Date.now() - deleted)));
  open = false;
  await arriving;
  const { answers, seconds } = await ended;
  const arrived = await Promise.all(arrivals.map(stream => stream.ended));
  await service.stop();
  return { shutdown, streams: answers, streamSeconds: seconds, arrivals: arrived };
}

function print({ shutdown, streams, streamSeconds, arrivals }: Deletion): void {
  console.log([
    `preStop took ${shutdown.preStop?.seconds ?? 0} s, the exit ${shutdown.exitSeconds} s`,
    `the last stream ended after ${streamSeconds} s; streams ${JSON.stringify(endsOf(streams))}, arrivals ${JSON.stringify(endsOf(arrivals))}`,
  ].join('\n'));
}

test('the whole sequence completes 8 of 8 streams, and no request that arrives meanwhile is refused or broken', async () => {
  const deletion = await deleteBusy(old, successor, old.preStop, cell.terminationGracePeriodSeconds);
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
  const deletion = await deleteBusy(successor, third, [...successor.preStop.slice(0, -1), '1'], 60);
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
  const deletion = await deleteBusy(third, undefined, undefined, 10);
  print(deletion);
  const { streams, arrivals } = deletion;
  expect(endsOf(streams)).not.toHaveProperty('length');
  expect(arrivals.filter(({ end }) => end.startsWith('error: ')).length).toBeGreaterThan(0);
});
