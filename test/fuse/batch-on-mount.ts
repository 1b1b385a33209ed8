import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchInference } from '../../lib';
import { ClientProgram } from '../programs/client-program';
import { BucketServer } from '../rig/bucket';
import { SeenRequest } from '../rig/faulty-server';
import { GcsFuseMount } from '../rig/fuse/gcs-fuse-mount';
import { programFolder } from '../rig/program-folder';
import { AnsweringModel } from './answering-model';
import { mountsOfDist } from './mounts-of-dist';

const PROGRAMS = programFolder(BatchInference.programImage().programs);
export const IN_FLIGHT = 16;
/** Where a batch of `dist` writes. */
export const OUTPUT = mountsOfDist().find(({ readOnly, file }) => !readOnly && file.endsWith('-batch.yaml'))!;

export type Victim = 'writer' | 'mount' | 'both';

export interface BatchOnMountOptions {
  readonly hierarchical: boolean;
  readonly lines: number;
  /** @default 8000 */
  readonly answerBytes?: number;
}

interface BatchRecord {
  readonly custom_id: string;
  readonly error: object | null;
  readonly response: { readonly body: { readonly choices: readonly [{ readonly message: { readonly content: string } }] } };
}

/** The real program of a batch, whose output lies in a bucket that the real gcsfuse mounts. */
export class BatchOnMount {
  static async start(options: BatchOnMountOptions): Promise<BatchOnMount> {
    const bucket = await BucketServer.start('vllm-models', options);
    return new BatchOnMount(options.lines, bucket, await new AnsweringModel(options.answerBytes ?? 8000).listen());
  }

  readonly questions: readonly string[];
  private readonly folder = mkdtempSync(join(tmpdir(), 'batch-on-mount-'));
  private readonly input = join(this.folder, 'input.jsonl');
  readonly labels = join(this.folder, 'labels.jsonl');
  /** A folder that is on no bucket. */
  readonly reports = join(this.folder, 'reports');
  private readonly mounts = new Set<GcsFuseMount>();

  private constructor(lines: number, readonly bucket: BucketServer, readonly model: AnsweringModel) {
    this.questions = Array.from({ length: lines }, (_, line) => `q${line}`);
    const write = (file: string, row: (question: string) => object) =>
      writeFileSync(file, this.questions.map(question => `${JSON.stringify(row(question))}\n`).join(''));
    write(this.input, question => ({
      custom_id: question, method: 'POST', url: '/v1/chat/completions', body: { messages: [{ role: 'user', content: question }] },
    }));
    write(this.labels, question => ({ custom_id: question, label: 'yes' }));
  }

  /** @param folder - of the bucket; that of the records by default, as the batch's pod has it */
  async mount(folder = OUTPUT.folder): Promise<GcsFuseMount> {
    const mountOptions = OUTPUT.mountOptions.replace(`only-dir=${OUTPUT.folder}`, `only-dir=${folder}`);
    const made = await GcsFuseMount.start({ bucket: this.bucket, mountOptions });
    this.mounts.add(made);
    return made;
  }

  async unmount(mount: GcsFuseMount): Promise<void> {
    this.mounts.delete(mount);
    await mount.stop();
  }

  /** The program from its start to its end. */
  run(mount: GcsFuseMount, ...options: string[]): ClientProgram {
    return new ClientProgram(PROGRAMS, [
      this.input, mount.path, `--url=${this.model.url}`, `--model=${AnsweringModel.NAME}`, `--max-in-flight=${IN_FLIGHT}`,
      '--commit-interval=0.02', ...options,
    ]);
  }

  /** Names in the output folder, as they are in the bucket. */
  get names(): string[] {
    return [...this.bucket.objects.keys()].filter(name => name.startsWith(`${OUTPUT.folder}/`))
      .map(name => name.slice(OUTPUT.folder.length + 1)).sort();
  }

  /**
   * What a user reads there. Throws on half a file, and on an answer that is not the model's.
   *
   * @returns the custom_ids, in the order of the files
   */
  answered(): string[] {
    return this.names.filter(name => /^(part|errors)-/.test(name)).flatMap((name) => {
      const text = this.textOf(name);
      if (text !== '' && !text.endsWith('\n')) {
        throw new Error(`${name} ends in mid-line`);
      }
      return text.split('\n').slice(0, -1).map((line) => {
        const { custom_id: question, error, response } = JSON.parse(line) as BatchRecord;
        if (error !== null || response.body.choices[0].message.content !== this.model.answer(question)) {
          throw new Error(`${name} has another answer to ${question} than the model gave`);
        }
        return question;
      });
    });
  }

  textOf(name: string): string {
    return this.bucket.objects.get(`${OUTPUT.folder}/${name}`)!.content.toString();
  }

  /** Nothing more is asked of the bucket once this returns; gcsfuse first, which waits for a bucket that is gone for ever. */
  async stop(): Promise<void> {
    this.bucket.fault = undefined;
    ClientProgram.killAll();
    await Promise.all([...this.mounts].map(mount => mount.stop()));
    await Promise.all([this.bucket.stop(), this.model.stop()]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What a request is about, as a text to look for names in. */
export function subjectOf({ method, path, body }: SeenRequest): string {
  return `${method} ${decodeURIComponent(path)} ${body.subarray(0, 500).toString('latin1')}`;
}
