import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelEvaluation } from '../../lib';
import { programFolder } from '../rig/program-folder';
import { ClientProgram } from './client-program';

const EVALUATION = programFolder(ModelEvaluation.programImage().programs);

export interface Figures {
  readonly accuracy: number;
  readonly right: number;
  readonly unparsable: number;
  readonly labels: { readonly [name: string]: { readonly precision: number; readonly recall: number; readonly f1: number } };
  readonly [name: string]: unknown;
}

/** What an answer says, or undefined for a request that has failed. */
export type Said = string | undefined;

/** Id, true label, answer and, where it is not `stop`, how it ended; no answer is missing, undefined an error. */
export type Row = readonly [string, string, ...(readonly [Said, string?] | readonly [])];

/** An evaluation with its files in a folder of its own. */
export class EvaluationTrial {
  readonly folder = mkdtempSync(join(tmpdir(), 'evaluation-'));
  private files = 0;

  end(): void {
    ClientProgram.killAll();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A path that nothing is at yet. */
  path(name: string): string {
    return join(this.folder, `${++this.files}-${name}`);
  }

  program(...args: string[]): ClientProgram {
    return new ClientProgram(EVALUATION, args);
  }

  /** A folder as a batch leaves it. */
  predictions(answers: readonly (readonly [string, Said, string?])[], complete = true): string {
    const directory = this.path('predictions');
    mkdirSync(directory);
    const write = (name: string, lines: string[]) => writeFileSync(join(directory, name), lines.map(line => `${line}\n`).join(''));
    write('part-00000-00000.jsonl', answers.filter(([, said]) => said !== undefined).map(answer => recordOf(...answer)));
    write('errors-00000-00000.jsonl', answers.filter(([, said]) => said === undefined).map(answer => recordOf(...answer)));
    write('manifest-00000.json', [JSON.stringify({ completions: 1 })]);
    if (complete) {
      write('summary-00000.json', ['{}']);
    }
    return directory;
  }

  labels(rows: readonly (readonly [string, string])[] | string | Buffer): string {
    const file = this.path('labels.jsonl');
    const isText = typeof rows === 'string' || Buffer.isBuffer(rows);
    writeFileSync(file, isText ? rows : rows.map(([custom_id, label]) => `${JSON.stringify({ custom_id, label })}\n`).join(''));
    return file;
  }

  async evaluate(rows: readonly Row[], options: string[] = [], code = 0): Promise<Figures & { output: string; page: string }> {
    const output = this.path('output');
    const answered = rows.filter(row => row.length > 2).map(([id, , said, finish]) => [id, said, finish] as const);
    const run = this.program(this.predictions(answered), this.labels(rows.map(([id, label]) => [id, label])), output, ...options);
    expect([await run.code(), run.output]).toEqual([code, expect.any(String)]);
    return {
      ...JSON.parse(readFileSync(join(output, 'evaluation.json'), 'utf8')) as Figures,
      output: run.output, page: readFileSync(join(output, 'evaluation.html'), 'utf8'),
    };
  }
}

export function recordOf(customId: string, said: Said, finish_reason = 'stop'): string {
  const id = `batch_req_${customId}`;
  const choices = [{ message: { content: said }, finish_reason }];
  return JSON.stringify(said === undefined
    ? { id, custom_id: customId, response: null, error: { code: 'http_500', message: 'no' }, line: 1 }
    : { id, custom_id: customId, response: { status_code: 200, body: { choices } }, error: null });
}
