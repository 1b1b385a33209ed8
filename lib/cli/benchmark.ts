import * as fs from 'node:fs';
import * as path from 'node:path';
import { BenchmarkRow, benchmarkRows, letterOf } from './benchmark-rows';
import { ExitCode, Failure } from './failure';

/** What a batch asks, and what an evaluation compares the answers with; the text of a file each. */
export interface BenchmarkFiles {
  readonly questions: number;
  readonly input: string;
  readonly labels: string;
}

/** Stands before the answer, so that a model may think aloud first. */
const ANSWER = 'Answer:';
/** Signs at the end of a reference that an evaluation does not look at. */
const LAST_SIGNS = /[.,;:!'"]+$/;

/**
 * The input of a batch and the labels of its evaluation, out of the files of a benchmark.
 *
 * @param parameters - of each request, for example `{ temperature: 0 }`
 * @throws on a file that is not there, on a row that is malformed, and on two files of one name
 */
export function benchmarkFiles(files: readonly string[], parameters: object): BenchmarkFiles {
  const names = files.map(file => path.parse(file).name);
  const twice = files.find((_, place) => names.indexOf(names[place]) !== place);
  if (twice !== undefined) {
    throw new Failure(ExitCode.USAGE, `${twice} and ${files[names.indexOf(path.parse(twice).name)]} have one name, which is a part of each question's`
      + ' id. Rename one of them');
  }
  const references = new Map<string, string>();
  const rows = files.flatMap((file, place) => benchmarkRows(file, read(file)).map(row => ({ row, custom_id: `${names[place]}-${row.line}` })));
  return {
    questions: rows.length,
    input: lines(rows.map(({ row, custom_id }) => ({
      custom_id, method: 'POST', url: '/v1/chat/completions', body: { ...parameters, messages: [{ role: 'user', content: promptOf(row) }] },
    }))),
    labels: lines(rows.map(({ row, custom_id }) => ({ custom_id, label: labelOf(row, references), answer_after: ANSWER }))),
  };
}

function read(file: string): Buffer {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    throw new Failure(ExitCode.NO_INPUT, `${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function promptOf({ question, choices, answer }: BenchmarkRow): string {
  const what = choices ? 'the letter of the right choice' : isNumber(answer) ? 'the number' : 'the answer';
  const listed = (choices ?? []).map((choice, place) => `${letterOf(place)}. ${choice}`);
  return [question, ...listed.length > 0 ? [listed.join('\n')] : [], `End with a line that has "${ANSWER}" and ${what} alone.`].join('\n\n');
}

/** References that an evaluation could not tell apart are one: the first of them. */
function labelOf({ choices, answer }: BenchmarkRow, references: Map<string, string>): string {
  if (choices) {
    return answer;
  }
  const key = answer.normalize('NFKC').replace(LAST_SIGNS, '').replace(/\s+/g, ' ').trim().toLowerCase() || answer;
  const label = references.get(key) ?? answer;
  references.set(key, label);
  return label;
}

function isNumber(answer: string): boolean {
  return /^[-+]?[\d.,]*\d$/.test(answer);
}

function lines(rows: readonly object[]): string {
  return rows.map(row => `${JSON.stringify(row)}\n`).join('');
}
