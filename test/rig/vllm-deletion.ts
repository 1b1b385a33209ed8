import { setTimeout as sleep } from 'node:timers/promises';
import { Answer, AnswerStream } from './vllm-answer';
import { Shutdown, VllmPod } from './vllm-pod';
import { PROPAGATION_SECONDS, ServiceProxy } from './vllm-service';

/** Streams that a pod is busy with when it is deleted. */
export const STREAMS = 8;

export interface Deletion {
  readonly shutdown: Shutdown;
  readonly streams: readonly Answer[];
  /** From the deletion until the last stream's end. */
  readonly streamSeconds: number;
  readonly arrivals: readonly Answer[];
}

export interface BusyPod {
  readonly pod: VllmPod;
  /** Name of the model in requests. */
  readonly model: string;
  /** Tokens of each stream. */
  readonly tokens: number;
  /** The pod that requests go to meanwhile. @default - none */
  readonly next?: VllmPod;
  /** @default - SIGTERM at once */
  readonly preStop?: readonly string[];
  /** Seconds after which a client calls a stream hanging. */
  readonly patience: number;
}

/**
 * Deletes a pod that answers long streams, while requests go on arriving through the Service that it shares with the next one.
 */
export async function deleteBusy({ pod, model, tokens, next, preStop, patience }: BusyPod): Promise<Deletion> {
  const service = await ServiceProxy.start(pod.server.port);
  const ask = (count: number, withinSeconds: number) => new AnswerStream({ url: service.url, model, tokens: count, withinSeconds });
  const streams = Array.from({ length: STREAMS }, () => ask(tokens, patience));
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
