import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../house/sources';
import { temporaryFolders } from '../kustomize/folders';
import { DEFAULT_RELEASE } from '../rig/vllm';
import { pythonOf } from '../rig/vllm/install';

const temporaryFolder = temporaryFolders();
const SCRIPT = join(PROJECT, 'scripts/vllm-registry/kernels.py');

/** A fat binary as the CUDA compiler writes it: a header, then each kernel image behind one of its own. */
function fatBinary(...images: [kind: number, capability: number, bytes: number][]): Buffer {
  const entries = images.map(([kind, capability, bytes]) => {
    const entry = Buffer.alloc(64 + bytes);
    entry.writeUInt16LE(kind, 0);
    entry.writeUInt32LE(64, 4);
    entry.writeBigUInt64LE(BigInt(bytes), 8);
    entry.writeUInt32LE(capability, 28);
    return entry;
  });
  const header = Buffer.alloc(16);
  header.writeUInt32LE(0xba55ed50, 0);
  header.writeUInt16LE(1, 4);
  header.writeUInt16LE(16, 6);
  header.writeBigUInt64LE(BigInt(Buffer.concat(entries).length), 8);
  return Buffer.concat([header, ...entries]);
}

test('the script reads machine code out of a library, and neither portable code nor what only looks like a header', () => {
  const file = join(temporaryFolder(), 'library.so');
  const magic = Buffer.from([0x50, 0xed, 0x55, 0xba]);
  writeFileSync(file, Buffer.concat([
    Buffer.from('code'), magic, Buffer.alloc(40, 0xff), fatBinary([2, 75, 10], [1, 80, 30], [2, 120, 0]), Buffer.from('more'), fatBinary([2, 90, 8]),
  ]));
  expect(execFileSync(pythonOf(DEFAULT_RELEASE), [SCRIPT, file], { encoding: 'utf8' })).toBe(`${file}: 7.5, 9.0, 12.0\n`);
});
