import { AnswerStream } from '../rig/vllm-answer';
import { GeneratedCell } from '../rig/vllm-cell';
import { VllmPod } from '../rig/vllm-pod';

/** Ten tokens a second at most, see paced.py. */
const LONG = 150;
const cell = GeneratedCell.of('l4-gcs');

let pod: VllmPod;

beforeAll(async () => {
  pod = await VllmPod.start({ cell, paced: true, args: ['--shutdown-timeout=120'] });
  await pod.server.ready();
});

afterAll(() => pod?.stop());

function ask(tokens: number): AnswerStream {
  return new AnswerStream({ url: pod.server.url, model: cell.argument('--served-model-name')!, tokens, withinSeconds: 120 });
}

/** How the first request ended that got no answer any more. */
async function firstRefusal(): Promise<string> {
  for (;;) {
    const { end } = await ask(1).ended;
    if (end !== 'length') {
      return end;
    }
  }
}

test('a server that waits for its answers after SIGTERM says 500 to a new request, is healthy, and finishes what it began', async () => {
  const [first, second] = [ask(LONG), ask(LONG)];
  await Promise.all([first.started, second.started]);
  pod.server.signal('SIGTERM');
  expect(await firstRefusal()).toBe('HTTP 500');
  expect(await pod.server.health()).toBe(200);
  expect(await Promise.all([first.ended, second.ended])).toEqual([{ end: 'length', tokens: LONG }, { end: 'length', tokens: LONG }]);
  expect(await pod.server.exited).toBe(0);
});
