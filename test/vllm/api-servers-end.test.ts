import { apiServers, startChosen } from '../rig/chosen-pod';
import { endsOf } from '../rig/vllm-answer';
import { GeneratedCell } from '../rig/vllm-cell';
import { deleteBusy, STREAMS } from '../rig/vllm-deletion';
import { VllmPod } from '../rig/vllm-pod';

const cell = GeneratedCell.of('l4-gcs');
/** Ten tokens a second at most, see paced.py: longer than the propagation. */
const LONG = 300;

let pod: VllmPod;

beforeEach(async () => {
  pod = await startChosen(cell);
  await pod.server.ready();
});

afterEach(() => pod?.stop());

test('a drain that is cut short ends every stream as aborted, and none hangs', async () => {
  const { shutdown, streams } = await deleteBusy({
    pod, model: cell.argument('--served-model-name')!, tokens: LONG, preStop: [...pod.preStop.slice(0, -1), '1'], patience: 60,
  });
  expect(endsOf(streams)).toEqual({ abort: STREAMS });
  expect(shutdown).toMatchObject({ preStop: { exitCode: 0, output: 'drain: time is up\n' } });
  expect(shutdown.exit).not.toBe('SIGKILL');
});

test('a server that loses one of them ends, so that kubelet starts it anew', async () => {
  process.kill(apiServers(pod)[2].pid, 'SIGKILL');
  expect(await pod.server.exited).not.toBe(0);
  expect(await pod.server.health()).toBe('refused');
});
