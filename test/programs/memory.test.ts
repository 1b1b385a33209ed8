import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchInference, Model, WeightsHydration, WeightsLoader, WeightsStorage, WeightsVolume } from '../../lib';
import { BucketServer } from '../rig/bucket';
import { Answer, FaultyServer, SeenRequest } from '../rig/faulty-server';
import { HubServer } from '../rig/hub';
import { containerOf, highestBytes, measured, memoryLimitOf } from '../rig/pod-memory';
import { programFolder } from '../rig/program-folder';
import { server, unit } from '../serving/rendered';
import { safetensors } from '../catalog/checkpoints';
import { ClientProgram } from './client-program';

/** Of a pod's memory: what the program may take, so that caches of the system have room beside it. */
const SHARE = 0.7;
const [MODEL, COMMIT] = ['org/large', '0123456789abcdef0123456789abcdef01234567'];
const PREFIX = `${MODEL}/${COMMIT}`;
const SHARDS = 200;
/** More than one piece of an upload, and two of a download. */
const LARGE_BYTES = 20 * 2 ** 20;

const folder = mkdtempSync(join(tmpdir(), 'memory-'));
const scope = unit();
const made = server(scope, {}, WeightsStorage.hyperdiskMl({ zones: ['us-central1-a'] }), Model.of({ ...Model.QWEN3_8B, revision: COMMIT }));
const weights = scope.node.findChild('weights') as WeightsVolume;

afterAll(() => {
  ClientProgram.killAll();
  rmSync(folder, { recursive: true, force: true });
});

/** 200 shards, of which as many are large as can be on their way at once, twice. */
function shards(): Map<string, Buffer> {
  const files = new Map<string, Buffer>([['config.json', Buffer.from('{}')], ['tokenizer.json', Buffer.from('{}')]]);
  const [small, large] = [safetensors(30_000), safetensors(LARGE_BYTES)];
  const number = (value: number) => `${value}`.padStart(5, '0');
  for (let shard = 1; shard <= SHARDS; shard++) {
    files.set(`model-${number(shard)}-of-${number(SHARDS)}.safetensors`, shard % (SHARDS / 8) === 0 ? large : small);
  }
  return files;
}

async function measure(kind: string, program: ClientProgram, limit: number): Promise<string> {
  expect([await program.code(), program.output]).toEqual([0, expect.any(String)]);
  const bytes = highestBytes(program.output);
  process.stdout.write(`\nmemory: ${kind} took ${Math.round(bytes / 2 ** 20)} MiB of ${limit / 2 ** 20}\n`);
  expect(bytes).toBeLessThan(SHARE * limit);
  return program.output;
}

test('weights of 200 shards, from the hub to a bucket and from there to a disk', async () => {
  const files = shards();
  const [hub, bucket] = await Promise.all([HubServer.start({ [MODEL]: { commit: COMMIT, files } }), BucketServer.start()]);
  const environment = ['env', `HF_ENDPOINT=${hub.url}`, `STORAGE_EMULATOR_HOST=${bucket.url}`, ...measured()];
  try {
    const loader = new ClientProgram(programFolder(WeightsLoader.programImage().programs), ['load', MODEL, COMMIT, 'models', PREFIX], environment);
    const limit = memoryLimitOf(new WeightsLoader(scope, 'loader', { weights, bucket: 'my-models' }));
    expect(await measure('the loader', loader, limit)).toContain(`"files": ${files.size}`);
    const hydration = new ClientProgram(programFolder(WeightsHydration.programImage().programs), [MODEL, COMMIT, 'models', PREFIX, folder], environment);
    const disk = new WeightsHydration(scope, 'hydration', { weights, server: made, bucket: 'my-models' });
    expect(await measure('the hydration', hydration, memoryLimitOf(disk))).toContain(`"copiedFiles": ${files.size}`);
    expect(readdirSync(folder)).toContain(`.complete-${COMMIT}`);
  } finally {
    await Promise.all([hub.stop(), bucket.stop()]);
  }
});

/** Answers at length. */
class Talkative extends FaultyServer {
  private readonly text = randomBytes(2000).toString('hex');

  protected answer({ path }: SeenRequest): Answer {
    return { status: 200, body: path === '/v1/models' ? `{"data": [{"id": "${made.servedModelName}"}]}`
      : `{"choices": [{"message": {"content": "${this.text}"}, "finish_reason": "stop"}]}` };
  }
}

test('a batch of 10,000 records, with the arguments of its pod', async () => {
  const count = 10_000;
  const batch = new BatchInference(scope, 'batch', { server: made, bucket: 'my-data', input: 'batch/input.jsonl', output: 'batch/output' });
  const [input, output] = [join(folder, 'input.jsonl'), join(folder, 'output')];
  const question = 'why '.repeat(250);
  writeFileSync(input, Array.from({ length: count }, (_, index) => `${JSON.stringify({
    custom_id: `q${index}`, method: 'POST', url: '/v1/chat/completions', body: { messages: [{ role: 'user', content: question }] },
  })}\n`).join(''));
  const talkative = await new Talkative().listen();
  try {
    const args = containerOf(batch).args!.slice(2).map(arg => arg.startsWith('--url=') ? `--url=${talkative.url}` : arg);
    const program = new ClientProgram(programFolder(BatchInference.programImage().programs), [input, output, ...args], measured());
    expect(await measure('the batch', program, memoryLimitOf(batch))).toContain(`complete: ${count} answers and 0 errors`);
  } finally {
    await talkative.stop();
  }
  const records = readdirSync(output).filter(name => name.startsWith('part-')).flatMap(name => readFileSync(join(output, name), 'utf8').trimEnd().split('\n'));
  expect(new Set(records.map(record => (JSON.parse(record) as { custom_id: string }).custom_id)).size).toBe(count);
});
