import { parseJson } from '../catalog/checkpoint';
import { Refusal } from '../common/refusal';
import { csvRows } from './csv';

/** A question of a benchmark, with its right answer. */
export interface BenchmarkRow {
  /** Where it begins in its file, from 1. */
  readonly line: number;
  readonly question: string;
  /** Texts to choose from; undefined where the answer is free text. */
  readonly choices?: readonly string[];
  /** Letter of the right choice, or the answer itself. */
  readonly answer: string;
}

type JsonRow = { readonly [name: string]: unknown };

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** What stands before the answer at the end of a worked solution: https://github.com/openai/grade-school-math */
const SOLUTION_END = '####';

/**
 * The rows of a benchmark's file: a table of comma-separated values (question, choices A to D, answer, with or without a header, as MMLU
 * has it), or a JSON object a line (question and answer as in GSM8K, `choices` as in MMLU and ARC).
 *
 * @param where - names the file in refusals
 * @throws on a row that is malformed, with its line
 */
export function benchmarkRows(where: string, content: Buffer): BenchmarkRow[] {
  const text = decoded(where, content);
  const rows = where.toLowerCase().endsWith('.csv') ? ofTable(where, text) : ofLines(where, text);
  if (rows.length === 0) {
    throw new Refusal(`${where} has no question`);
  }
  return rows;
}

export function letterOf(place: number): string {
  return LETTERS[place];
}

function decoded(where: string, content: Buffer): string {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    return decoder.decode(content);
  } catch {
    const broken = content.toString('utf8').split('\n').findIndex(line => line.includes('\uFFFD'));
    throw refusal(where, broken + 1, 'is no UTF-8. Save the file in UTF-8');
  }
}

function ofTable(where: string, text: string): BenchmarkRow[] {
  const [first, ...rest] = csvRows(where, text);
  const names = first?.fields.map(name => name.trim().toLowerCase()) ?? [];
  if (!names.includes('question') || !names.includes('answer')) {
    return first === undefined ? [] : [first, ...rest].map(({ line, fields }) => withoutHeader(where, line, fields, first.fields.length));
  }
  if (names.includes('choices')) {
    throw refusal(where, first.line, 'has a column of choices, which a table cannot hold; take columns A, B, C and D, or JSON lines');
  }
  const columns = [...LETTERS].map(letter => names.indexOf(letter.toLowerCase())).filter(column => column !== -1);
  return rest.map(({ line, fields }) => {
    requireColumns(where, line, fields, names.length);
    const of = (name: string) => fields[names.indexOf(name)];
    const choices = columns.map(column => fields[column]);
    return choices.length > 0 ? chosen(where, line, of('question'), choices, of('answer')) : free(where, line, of('question'), of('answer'));
  });
}

/** As MMLU has it: the question, the choices, and the letter of the right one. */
function withoutHeader(where: string, line: number, fields: readonly string[], columns: number): BenchmarkRow {
  if (columns < 4) {
    throw refusal(where, line, `has ${columns} columns. Without a header they are the question, two choices or more, and the letter of the right one`);
  }
  requireColumns(where, line, fields, columns);
  return chosen(where, line, fields[0], fields.slice(1, -1), fields.at(-1));
}

function requireColumns(where: string, line: number, fields: readonly string[], columns: number): void {
  if (fields.length !== columns) {
    throw refusal(where, line, `has ${fields.length} columns, the first line has ${columns}. A field with a comma in it stands in quotation marks`);
  }
}

function ofLines(where: string, text: string): BenchmarkRow[] {
  return text.split('\n').map((content, place) => ({ line: place + 1, content })).filter(({ content }) => content.trim() !== '').map(({ line, content }) => {
    const row = parseJson<JsonRow | null>(`${where}, line ${line}:`, content, 'A line has one JSON object.');
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw refusal(where, line, 'is no JSON object');
    }
    return row.choices === undefined ? free(where, line, row.question, row.answer) : ofChoices(where, line, row);
  });
}

/** MMLU has a list and the place of the right one, from 0; ARC has texts with labels and the label of the right one. */
function ofChoices(where: string, line: number, { question, choices, answer, answerKey }: JsonRow): BenchmarkRow {
  const { text = choices, label } = choices as { readonly text?: unknown; readonly label?: unknown };
  if (!Array.isArray(text)) {
    throw refusal(where, line, '\'choices\' is neither a list nor { text, label }');
  }
  const right = answerKey ?? answer;
  if (Array.isArray(label) && !label.includes(right)) {
    throw refusal(where, line, `the answer (${shown(right)}) is none of its labels ${shown(label)}`);
  }
  const place = Array.isArray(label) ? label.indexOf(right) : right;
  return chosen(where, line, question, text, typeof place === 'number' ? LETTERS[place] ?? place : place);
}

function chosen(where: string, line: number, question: unknown, choices: readonly unknown[], answer: unknown): BenchmarkRow {
  if (choices.length < 2 || choices.length > LETTERS.length) {
    throw refusal(where, line, `has ${choices.length} choices; there have to be 2 to ${LETTERS.length}`);
  }
  const letters = LETTERS.slice(0, choices.length);
  const letter = typeof answer === 'string' ? answer.trim().toUpperCase() : '';
  if (letter.length !== 1 || !letters.includes(letter)) {
    throw refusal(where, line, `the answer (${shown(answer)}) is none of its choices ${letters[0]} to ${letters.at(-1)}`);
  }
  const texts = choices.map((choice, place) => required(where, line, `choice ${LETTERS[place]}`, choice));
  return { line, question: required(where, line, 'the question', question), choices: texts, answer: letter };
}

function free(where: string, line: number, question: unknown, answer: unknown): BenchmarkRow {
  const reference = required(where, line, 'the answer', answer).split(SOLUTION_END).at(-1);
  return { line, question: required(where, line, 'the question', question), answer: required(where, line, `the answer behind ${SOLUTION_END}`, reference) };
}

function required(where: string, line: number, what: string, value: unknown): string {
  const text = typeof value === 'number' ? `${value}` : value;
  if (typeof text !== 'string' || text.trim() === '' || /\p{Cs}/u.test(text)) {
    throw refusal(where, line, `${what} (${shown(value)}) must be a text that is not empty`);
  }
  return text.trim();
}

function refusal(where: string, line: number, problem: string): Refusal {
  return new Refusal(`${where}, line ${line}: ${problem}`);
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'missing').slice(0, 80);
}
