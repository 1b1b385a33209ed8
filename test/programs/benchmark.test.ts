import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BatchInference } from '../../lib';
import { runCommandLine } from '../../lib/cli/command-line';
import { csvRows } from '../../lib/cli/csv';
import { Answer, FaultyServer, SeenRequest } from '../rig/faulty-server';
import { programFolder } from '../rig/program-folder';
import { imagePython, judgePython } from '../rig/python/environment';
import { ClientProgram } from './client-program';
import { EvaluationTrial, Figures } from './evaluation-trial';

const BATCH = programFolder(BatchInference.programImage().programs);
const trial = new EvaluationTrial();

afterAll(() => trial.end());

let state = 5;
const next = (below: number) => (state = (state * 48271) % 2147483647) % below;

/** What a model says to a question, and the label that a person hears in it; null is none. */
interface Heard {
  readonly says: string;
  readonly label: string | null;
}

/** Answers by the question that stands in the request. */
class Model extends FaultyServer {
  constructor(private readonly answers: ReadonlyMap<string, Heard>) {
    super();
  }

  protected answer({ path, body }: SeenRequest): Answer {
    if (path === '/v1/models') {
      return { status: 200, body: '{"data": [{"id": "tiny"}]}' };
    }
    const { messages, temperature } = JSON.parse(body.toString()) as { messages: { content: string }[]; temperature: number };
    const { says } = this.answers.get(messages[0].content.split('\n\n')[0])!;
    expect(temperature).toBe(0);
    return { status: 200, body: JSON.stringify({ choices: [{ message: { content: says }, finish_reason: 'stop' }] }) };
  }
}

function heard(label: string, right: string, wrong: string): Heard {
  const [says, said] = [
    [`Answer: ${right}`, right], [`Let me think: it could be ${wrong}.\n**Answer:** ${right}`, right], [`<think>Answer: ${wrong}</think>\nAnswer: ${right}.`, right],
    [`Answer: ${wrong}`, wrong], [`It is ${right}, I am sure`, null], [right, right],
  ][next(6)] as [string, string | null];
  expect(label).toBe(right);
  return { says, label: said };
}

interface Bench {
  readonly name: string;
  readonly text: string;
  readonly questions: readonly { readonly question: string; readonly label: string; readonly heard: Heard }[];
}

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

/** Some hundred questions as MMLU has them, with commas, quotation marks and line ends in them. */
function multipleChoice(): Bench {
  const questions = Array.from({ length: 400 }, (_, index) => {
    const label = 'ABCD'[next(4)];
    return { question: `Which, of "${index}",\nis it?`, label, heard: heard(label, label, 'ABCD'['BCDA'.indexOf(label)]) };
  });
  const line = ({ question, label }: typeof questions[0]) => [quoted(question), '"x, y"', 'b', '"C"', 'd', label].join(',');
  return { name: 'law_test.csv', text: questions.map(each => `${line(each)}\r\n`).join(''), questions };
}

/** As GSM8K has them. */
function freeText(): Bench {
  const questions = Array.from({ length: 400 }, (_, index) => {
    const value = next(30) * 250;
    const label = value.toLocaleString('en-US');
    const said = [label, `${value}`, `$${label}`][next(3)];
    const { says, label: answered } = heard(said, said, '17');
    return { question: `How many are ${index}?`, label, heard: { says, label: answered === said ? label : answered && '17' } };
  });
  return {
    name: 'gsm8k.jsonl', questions,
    text: questions.map(({ question, label }) => `${JSON.stringify({ question, answer: `so ${label} = <<1>>\n#### ${label}` })}\n`).join(''),
  };
}

describe.each([['multiple choice', multipleChoice()], ['free text', freeText()]])('%s', (_kind, { name, text, questions }) => {
  test('from a file to figures that are those of scikit-learn', async () => {
    const folder = trial.path('benchmark');
    mkdirSync(folder);
    writeFileSync(join(folder, name), text);
    const say = () => undefined;
    expect(await runCommandLine(['benchmark', join(folder, name), `--output=${folder}`], {}, { out: say, error: say })).toBe(0);
    const server = await new Model(new Map(questions.map(each => [each.question, each.heard]))).listen();
    try {
      const batch = new ClientProgram(BATCH, [join(folder, 'input.jsonl'), join(folder, 'output'), `--url=${server.url}`, '--model=tiny']);
      expect([await batch.code(), batch.output]).toEqual([0, expect.stringContaining(`complete: ${questions.length} answers and 0 errors`)]);
    } finally {
      await server.stop();
    }
    const run = trial.program(join(folder, 'output'), join(folder, 'labels.jsonl'), join(folder, 'evaluation'));
    expect([await run.code(), run.output]).toEqual([0, expect.any(String)]);
    const figures = JSON.parse(readFileSync(join(folder, 'evaluation', 'evaluation.json'), 'utf8')) as Figures;
    expectThoseOfScikit(figures, questions.map(({ label, heard: { label: said } }) => [label, said]));
    expect(figures.accuracy).toBeGreaterThan(0.5);
    expect(figures.unparsable).toBeGreaterThan(0);
  });
});

function expectThoseOfScikit(figures: Figures, pairs: readonly (readonly [string, string | null])[]): void {
  const names = new Set(pairs.map(([label]) => label));
  const judged = JSON.parse(execFileSync(judgePython(), [join(__dirname, '../rig/python/scikit_figures.py')], {
    input: JSON.stringify(pairs.map(([label, said]) => [label, said !== null && names.has(said) ? said : null])), encoding: 'utf8',
  })) as Figures;
  const means = ['accuracy', ...['macro', 'weighted'].flatMap(kind => ['precision', 'recall', 'f1'].map(figure => `${kind}_${figure}`))];
  expect(means.map(name => figures[name])).toEqual(means.map(name => expect.closeTo(judged[name] as number, 12)));
  expect(Object.keys(figures.labels).sort()).toEqual(Object.keys(judged.labels).sort());
  for (const [name, { precision, recall, f1 }] of Object.entries(judged.labels)) {
    expect([name, figures.labels[name]]).toEqual([name, expect.objectContaining({
      precision: expect.closeTo(precision, 12), recall: expect.closeTo(recall, 12), f1: expect.closeTo(f1, 12),
    })]);
  }
}

test('a table is read as Python reads it', () => {
  const signs = ['a', ' ', '"', ',', '\n', '\r\n', 'é', '', '中'];
  const tables = Array.from({ length: 300 }, () => Array.from({ length: 1 + next(5) }, () =>
    Array.from({ length: 3 }, (_, place) => `${place === 0 ? 'q' : ''}${Array.from({ length: next(6) }, () => signs[next(signs.length)]).join('')}`)));
  const write = (rows: readonly (readonly string[])[]) => rows.map(fields =>
    `${fields.map(field => next(2) || /[",\r\n]/.test(field) ? quoted(field) : field).join(',')}${next(2) ? '\n' : '\r\n'}`).join('');
  const texts = tables.map(write);
  const program = 'import csv, io, json, sys; print(json.dumps([list(csv.reader(io.StringIO(t, newline=""))) for t in json.load(sys.stdin)]))';
  const read = JSON.parse(execFileSync(imagePython('vllm-openai'), ['-c', program], { input: JSON.stringify(texts), encoding: 'utf8' })) as string[][][];
  expect(texts.map(each => csvRows('t', each).map(({ fields }) => fields))).toEqual(read);
  expect(read).toEqual(tables);
});
