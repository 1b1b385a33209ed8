import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { install } from '../test/rig/cluster/install';
import { Part } from '../test/rig/cluster/parts';
import { BucketServer } from '../test/rig/bucket';
import { GcsFuseMount, whyNoMounts } from '../test/rig/fuse/gcs-fuse-mount';
import { MOUNTS } from './weights-mounts';

const run = promisify(execFile);
const MIB = 2 ** 20;
const SHARDS = 4;
const SHARD_BYTES = 256 * MIB;
/** On the loopback interface all but the processor would be free: this is what one request and one stream of a bucket are like. */
const WIRE = { delayMs: 20, bytesPerSecond: 100 * MIB };
/** Where a server without local SSD has its cache. */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : undefined;
const HOW = ['sequential', 'mmap'] as const;

interface Reads {
  readonly cold: number;
  readonly warm: number;
  readonly peakBytes: number;
}

async function reads(bucket: BucketServer, mountOptions: string, how: string): Promise<Reads> {
  const mount = await GcsFuseMount.start({ bucket, mountOptions, readOnly: true, cacheParent: MEMORY });
  try {
    const read = async (): Promise<number> => Number((await run('python3', [join(__dirname, 'read_weights.py'), how, mount.path])).stdout);
    return { cold: await read(), warm: await read(), peakBytes: mount.peakBytes };
  } finally {
    await mount.stop();
  }
}

function row(name: string, cells: readonly string[]): void {
  console.log(`  ${name.padEnd(32)}${cells.map(cell => cell.padStart(16)).join('')}`);
}

async function main(): Promise<void> {
  const reason = whyNoMounts();
  if (reason !== undefined) {
    console.log(`nothing is measured: ${reason}`);
    return;
  }
  install(line => console.log(line), [Part.GCSFUSE]);
  const bucket = await BucketServer.start('vllm-models');
  const content = Buffer.alloc(SHARD_BYTES, 'weights ');
  Array.from({ length: SHARDS }, (_, i) => bucket.put(`weights/model-${i}.safetensors`, content));
  bucket.fault = () => WIRE;
  console.log(`${SHARDS} files of ${SHARD_BYTES / MIB} MiB, ${WIRE.delayMs} ms a request, ${WIRE.bytesPerSecond / MIB} MiB/s a stream;`
    + ' seconds, and in brackets what part of them ours take');
  row('', [...HOW.flatMap(how => [`${how}, cold`, `${how}, warm`]), 'gcsfuse has']);
  let ours: readonly number[] = [];
  for (const [name, mountOptions] of Object.entries(MOUNTS)) {
    const both: Reads[] = [];
    for (const how of HOW) {
      both.push(await reads(bucket, mountOptions, how));
    }
    const seconds = both.flatMap(({ cold, warm }) => [cold, warm]);
    ours = ours.length === 0 ? seconds : ours;
    const peak = Math.max(...both.map(({ peakBytes }) => peakBytes));
    row(name, [...seconds.map((taken, i) => `${taken.toFixed(1)} (${(ours[i] / taken).toFixed(2)})`), `${Math.round(peak / MIB)} MiB`]);
  }
  await bucket.stop();
}

void main();
