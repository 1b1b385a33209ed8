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

/** The best of so many counts: what else the machine does only makes a read slower. */
const ROUNDS = 2;

interface Reads {
  /** Of each way to read: the first time, and again. */
  readonly seconds: readonly number[];
  readonly peakBytes: number;
}

async function reads(bucket: BucketServer, mountOptions: string): Promise<Reads> {
  const seconds: number[] = [];
  let peakBytes = 0;
  for (const how of HOW) {
    const mount = await GcsFuseMount.start({ bucket, mountOptions, readOnly: true, cacheParent: MEMORY });
    try {
      for (let time = 0; time < 2; time++) {
        seconds.push(Number((await run('python3', [join(__dirname, 'read_weights.py'), how, mount.path])).stdout));
      }
      peakBytes = Math.max(peakBytes, mount.peakBytes);
    } finally {
      await mount.stop();
    }
  }
  return { seconds, peakBytes };
}

/** All in turn, so that a slow moment of the machine hits each of them. */
async function measured(bucket: BucketServer): Promise<Map<string, Reads>> {
  const best = new Map<string, Reads>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, mountOptions] of Object.entries(MOUNTS)) {
      const now = await reads(bucket, mountOptions);
      const before = best.get(name) ?? now;
      best.set(name, {
        seconds: now.seconds.map((taken, i) => Math.min(taken, before.seconds[i])), peakBytes: Math.max(now.peakBytes, before.peakBytes),
      });
    }
  }
  return best;
}

function row(name: string, cells: readonly string[]): void {
  console.log(`  ${name.padEnd(32)}${cells.map(cell => cell.padStart(18)).join('')}`);
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
  const all = await measured(bucket);
  const ours = all.get('ours')!.seconds;
  for (const [name, { seconds, peakBytes }] of all) {
    row(name, [...seconds.map((taken, i) => `${taken.toFixed(1)} (${(ours[i] / taken).toFixed(2)})`), `${Math.round(peakBytes / MIB)} MiB`]);
  }
  await bucket.stop();
}

void main();
