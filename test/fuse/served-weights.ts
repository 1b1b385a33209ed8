import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { SERVER_PROGRAMS } from '../../lib/serving/server-programs';
import weights from '../../lib/workloads/shared/weights.json';
import { BucketServer } from '../rig/bucket';
import { programFolder } from '../rig/program-folder';

const MODEL = 'org/tiny';
const REVISION = '0123456789abcdef0123456789abcdef01234567';

/** Weights of a model in a bucket, written in the order in which the loader writes them. */
export class ServedWeights {
  readonly names: readonly string[];
  readonly content = Buffer.alloc(4096, 'weights ');

  constructor(private readonly bucket: BucketServer, private readonly folder: string, files: number) {
    this.names = Array.from({ length: files }, (_, i) => `model-${i}.safetensors`);
  }

  putFiles(names = this.names): void {
    names.forEach(name => this.bucket.put(`${this.folder}/${name}`, this.content));
  }

  complete(): void {
    const files = this.names.map(path => ({ path, size: this.content.length }));
    this.bucket.put(`${this.folder}/${weights.manifest}`, JSON.stringify({ model: MODEL, revision: REVISION, files }));
    this.bucket.put(`${this.folder}/${weights.marker}${REVISION}`, '');
  }
}

/** What the server's own check says of a mount: its exit code and what it prints. */
export async function weightsCheck(mount: string): Promise<{ readonly code: number; readonly printed: string }> {
  const program = join(programFolder(SERVER_PROGRAMS.data), 'weights_check.py');
  return new Promise(resolve => execFile('python3', [program, mount, MODEL, REVISION], (error, stdout, stderr) =>
    resolve({ code: error ? Number(error.code) : 0, printed: stdout + stderr })));
}
