import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BatchInference, ModelEvaluation } from '../../lib';
import { highestBytes, measured, memoryLimitOf } from '../rig/pod-memory';
import { judgePython } from '../rig/python/environment';
import { programFolder } from '../rig/program-folder';
import { server, unit } from '../serving/rendered';
import { ClientProgram } from './client-program';
import { EvaluationTrial, Figures, recordOf } from './evaluation-trial';

const trial = new EvaluationTrial();
const CUT = 'length';
/** Said, what it names, and how it ended where it is not `stop`. */
type Case = readonly [string, string | null, string?];

afterAll(() => trial.end());

const CASES: readonly (readonly [readonly string[], readonly Case[]])[] = [
  [['yes', 'no'], [
    // a thought that was cut off, with and without its beginning
    ['<think>Is it? yes, maybe', null, CUT], ['Is it? yes, maybe', null, CUT], ['<THINK>\nyes', null, CUT], ['yes <think>no', null, CUT],
    ['[THINK]yes', null, CUT], ['◁think▷yes', null, CUT], ['<seed:think>yes', null, CUT], ['', null, CUT], ['It is yes', null, CUT],
    // what never ended is no answer either, whatever the server says
    ['<think>Is it? yes, maybe', null], ['<thinking>yes', null], ['yes', 'yes', CUT], ['**Yes**', 'yes', CUT],
    ['<think>no</think>yes, sin', 'yes', CUT], ['no</think>yes, sin', 'yes', CUT], ['<think>no</think>It is yes', null, CUT],
    ['<think>no</think>yes', 'yes'], ['[THINK]no[/THINK]yes', 'yes'], ['◁think▷no◁/think▷yes', 'yes'], ['no</think>yes<think>no', 'yes'],
    ['non-yes', null], ['no-one', null], ['no_one', null], ['R&no', null], ['yes/no', 'yes'], ['_yes_', 'yes'], ['yes’s', 'yes'],
    ['eyes', null], ['"yes"', 'yes'], ['¿yes?', 'yes'],
  ]],
  [['-1', '0', '1'], [
    ['1', '1'], ['-1', '-1'], ['−1', '-1'], ['–1', '-1'], ['－１', '-1'], ['**-1**', '-1'], ['- 1', '1'], ['score: -1.', '-1'], ['+1', null],
    ['1.5', null], ['1,000', null], ['1\u00a0000', null], ['10', null], ['1/2', null], ['0.5', null], ['.1', null],
    ['1%', null], ['<1', null], ['0-1', null], ['1:30', null], ['1e5', null], ['GPT-1', null], ['1.', '1'], ['1, since', '1'], ['(1)', '1'],
    ['x -> 1', '1'], ['\\boxed{-1}', '-1'], ['$1$', '1'], ['1', '1', CUT], ['③', null], ['①', '1'],
  ]],
  [['1', '10'], [['1', null, CUT], ['10', '10', CUT], ['1', '1'], ['10 of 10', '10'], ['1st', null]]],
  [['C', 'C++', 'C#', 'F#'], [
    ['C', 'C'], ['C++', 'C++'], ['It is C++, surely', 'C++'], ['`C#`', 'C#'], ['**C**', 'C'], ['C+', null], ['C+++', null], ['F', null], ['C.', 'C'],
  ]],
  [['C', 'D'], [['C++', null], ['C#', null], ['C', 'C']]],
  [['A', 'A+', 'A-', 'A*'], [['A', 'A'], ['A-', 'A-'], ['**A+**', 'A+'], ['A*', 'A*'], ['**A**', 'A'], ['e.g. A-', 'A-'], ['U.S.A. says A', 'A']]],
  [['1000', '1', '2,500,000'], [
    ['1,000', '1000'], ['$1,000.', '1000'], ['1\u00a0000', '1000'], ['1000', '1000'], ['1,000.5', null], ['1,0000', null], ['10,00', null],
    ['2500000', '2,500,000'], ['2,500000', null], ['0.1,000', null], ['1, 000', '1'],
  ]],
  [['50', '50%', '5'], [['50%', '50%'], ['50', '50'], ['5%', null], ['550', null], ['5', '5']]],
  [['好', '坏', '不好'], [['这是好的', '好'], ['不好', '不好'], ['我觉得不好。', '不好'], ['坏', '坏'], ['答案：坏！', '坏'], ['没有', null]]],
  [['良い', '悪い', 'ネコ'], [['これは良いです。', '良い'], ['答えは悪い', '悪い'], ['それはネコです', 'ネコ'], ['ﾈｺ', 'ネコ'], ['ネコー', null]]],
  [['ดี', 'แย่', 'ด'], [['มันดีมาก', 'ดี'], ['แย่มาก', 'แย่'], ['ด', 'ด']]],
  [['一', '十一', '5'], [['答案是十一', '十一'], ['第一', '一'], ['三十一', null], ['答えは5です', '5'], ['第15号', null]]],
  [['긍정', '부정', 'A'], [['이것은 긍정입니다', '긍정'], ['비부정', null], ['정답은A입니다', 'A']]],
  [['कम', 'हाँ'], [['कमी', null], ['कम।', 'कम'], ['हाँ', 'हाँ']]],
  [['👍', '👎', '?'], [['👍️', '👍'], ['It is 👎!', '👎'], ['?', '?'], ['what?', null]]],
  [['$5', '5', '(b'], [['$5', '$5'], ['5', '5'], ['b', '(b']]],
];

test('an answer names the label that a person reads in it', async () => {
  expect(CASES.flatMap(([, cases]) => cases).length).toBeGreaterThanOrEqual(80);
  for (const [names, cases] of CASES) {
    const all = [...cases.map(([said, label, finish], place) => [`${place}`, label ?? names[0], said, finish] as const),
      ...names.map(name => [`is ${name}`, name, name] as const)];
    const { page, right, unparsable } = await trial.evaluate(all);
    const wrong = [...page.matchAll(/<tr><td class="text">(\d+)<\/td>/g)].map(match => cases[Number(match[1])]);
    expect(wrong.filter(each => each[1] !== null)).toEqual([]);
    const none = cases.filter(([, label]) => label === null).length;
    expect([names, unparsable, right]).toEqual([names, none, all.length - none]);
  }
});

const AFTER: readonly Case[] = [
  ['A matter of taste.\nAnswer: B', 'B'], ['I take C. **Answer:** B', 'B'], ['answer : B\nANSWER:   (b).', 'B'], ['Answer: A? No.\nAnswer: B. A is wrong', 'B'],
  ['B', 'B'], ['**B.**', 'B'], ['It is B', null], ['A B', null], ['Answer:', null], ['Answer: it depends', null], ['The answer is B', null],
  ['<think>Answer: A</think>Answer: B', 'B'], ['<think>Answer: A</think>I say B', null], ['<think>Answer: B', null], ['Answer：B', 'B'],
  ['Answer: B', 'B', CUT], ['Answer: B, since', null, CUT], ['<think>A</think>Answer: B, since', 'B', CUT],
];

test('where words have to stand before an answer, what follows the last of them is the answer', async () => {
  const labels = [...AFTER.map(([, label], place) => ({ custom_id: `${place}`, label: label ?? 'B', answer_after: 'Answer:' })),
    { custom_id: 'A', label: 'A' }, { custom_id: 'C', label: 'C', answer_after: '' }];
  const answers = [...AFTER.map(([said, , finish], place) => [`${place}`, said, finish] as const), ['A', 'Answer: b, or A', 'stop'] as const, ['C', 'C', 'stop'] as const];
  const output = trial.path('output');
  const run = trial.program(trial.predictions(answers), trial.labels(labels.map(row => JSON.stringify(row)).join('\n')), output);
  expect([await run.code(), run.output]).toEqual([0, expect.any(String)]);
  const page = readFileSync(join(output, 'evaluation.html'), 'utf8').split('<h2>Unparsable answers</h2>')[1];
  const unparsable = [...page.matchAll(/<tr><td class="text">(\d+)<\/td>/g)].map(match => AFTER[Number(match[1])][0]);
  expect(unparsable).toEqual(AFTER.filter(([, label]) => label === null).map(([said]) => said));
  expect(JSON.parse(readFileSync(join(output, 'evaluation.json'), 'utf8'))).toMatchObject({
    right: AFTER.filter(([, label]) => label !== null).length + 1, labels: { A: { right: 0, support: 1 } },
  });
});

test('what is unparsable is shown beside what is wrong, each with its number', async () => {
  const rows = Array.from({ length: 200 }, (_, index) => [`q${index}`, 'yes', index % 2 ? 'no' : 'perhaps'] as const);
  const { page } = await trial.evaluate([...rows, ['last', 'no', 'no']]);
  const [, wrong, unparsable] = page.split(/<h2>(?:Wrong|Unparsable) answers<\/h2>/);
  expect([wrong, unparsable].map(part => part.match(/50 of 100;/g)?.length)).toEqual([1, 1]);
  expect([wrong.match(/>no<\/td>/g)?.length, wrong.includes('perhaps'), unparsable.match(/>perhaps<\/td>/g)?.length]).toEqual([100, false, 50]);
});

test('the figures of 12,000 records are those of scikit-learn', async () => {
  const names = ['-1', '1', 'C', 'C++', '好', 'not sure', 'sure', '50%', 'ดี', 'New York', 'never'];
  let state = 11;
  const next = (below: number) => (state = (state * 48271) % 2147483647) % below;
  const frames = [(said: string) => said, (said: string) => `**${said}**`, (said: string) => `It is ${said}.`, (said: string) => `<think>sure?</think>\n${said}`];
  const drawn = Array.from({ length: 12_000 }, (_, index) => {
    const label = names[Math.min(next(11), next(11))];
    const said = next(3) ? label : names[next(10)];
    const [text, finish, heard] = next(20) === 0 ? ['<think>sure', CUT, null] : next(20) === 0 ? [undefined, undefined, null]
      : [frames[next(4)](said), undefined, said];
    return { row: [`q${index}`, label, text, finish] as const, pair: [label, heard] as const };
  });
  const figures = await trial.evaluate(drawn.map(({ row }) => row));
  const judged = JSON.parse(execFileSync(judgePython(), [join(__dirname, '../rig/python/scikit_figures.py')], {
    input: JSON.stringify(drawn.map(({ pair }) => pair)), encoding: 'utf8',
  })) as Figures & { names: string[]; confusion: { [name: string]: number[] } };
  const { labels, confusion, names: order, ...means } = judged;
  expect(Object.keys(means)).toHaveLength(7);
  for (const [name, value] of Object.entries(means)) {
    expect([name, figures[name]]).toEqual([name, expect.closeTo(value as number, 12)]);
  }
  expect(Object.keys(figures.labels).sort()).toEqual([...order].sort());
  const ours = figures.confusion as { [name: string]: { [said: string]: number } };
  for (const [name, { precision, recall, f1 }] of Object.entries(labels)) {
    expect([name, figures.labels[name]]).toEqual([name, expect.objectContaining({
      precision: expect.closeTo(precision, 12), recall: expect.closeTo(recall, 12), f1: expect.closeTo(f1, 12),
    })]);
    expect([name, order.map(said => ours[name][said] ?? 0)]).toEqual([name, confusion[name]]);
  }
});

test.each([
  ['signs', '('], ['dashes', '-'], ['Markdown', '*'], ['words', 'a '], ['letters', 'a'], ['tags', '<think>'], ['ends of tags', '</think>'],
  ['labels in words', 'yesno'],
])('an answer of 400 KB of %s is read in a time that grows with it', async (_name, part) => {
  const long = (bytes: number) => part.repeat(bytes / part.length);
  const seconds = async (bytes: number) => {
    const begun = process.hrtime.bigint();
    await trial.evaluate([['1', 'yes', long(bytes)], ['2', 'a a a a b', 'no'], ['3', 'no', 'no'], ['4', 'aaaaaab', 'no']]);
    return Number(process.hrtime.bigint() - begun) / 1e9;
  };
  const [short, longer] = [await seconds(4), await seconds(400_000)];
  // a hundred times the length that took 165 s; the start of the program on a busy machine is in both
  expect(longer).toBeLessThan(10 * short + 30);
});

describe('limits', () => {
  const row = '{"custom_id": "1", "label": "a"}\n';
  test.each([
    ['too many labels', () => Array.from({ length: 10_001 }, (_, index) => [`${index}`, `l${index}`] as const), /more than 10,000 different labels/],
    ['a label that is no label', () => [['1', 'a'.repeat(1001)] as const], /a label of 1,001 characters; at most 1,000/],
    ['words before an answer that are none', () => '{"custom_id": "1", "label": "a", "answer_after": 7}', /line 1: 'answer_after' must be a text/],
    ['a story before an answer', () => `{"custom_id": "1", "label": "a", "answer_after": "${'a'.repeat(101)}"}`, /line 1: .* of at most 100 characters/],
    ['other words in each line', () => Array.from({ length: 101 }, (_, index) => `{"custom_id": "${index}", "label": "a", "answer_after": "${index}"}`).join('\n'),
      /line 101: more than 100 different texts in 'answer_after'/],
    ['a line without an end', () => Buffer.concat([Buffer.from(row), Buffer.alloc(81 * 2 ** 20, 32)]), /line 2: more than 80 MiB/],
  ])('%s', async (_name, labels, message) => {
    const run = trial.program(trial.predictions([['1', 'a']]), trial.labels(labels()), trial.path('output'));
    expect(await run.code()).toBe(65);
    expect(run.output).toMatch(message);
  });

  test('a million records take less than 0.7 of the pod\'s memory', async () => {
    const count = 1_000_000;
    const folder = trial.path('million');
    mkdirSync(folder);
    writeFileSync(join(folder, 'manifest-00000.json'), '{"completions": 1}');
    writeFileSync(join(folder, 'summary-00000.json'), '{}');
    const [labels, part] = [trial.path('labels'), join(folder, 'part-00000-00000.jsonl')];
    execFileSync('mkfifo', [labels, part]);
    const texts = ['yes', 'It is no.', 'perhaps'].map(text => JSON.stringify(recordOf('@', `${text}\n${'because '.repeat(190)}`)));
    const records = texts.map(text => JSON.parse(text) as string);
    const thousands = (line: (index: number) => string) => Readable.from((function* () {
      for (let first = 0; first < count; first += 1000) {
        yield Array.from({ length: 1000 }, (_, place) => `${line(first + place)}\n`).join('');
      }
    })());
    const output = trial.path('output');
    const run = new ClientProgram(programFolder(ModelEvaluation.programImage().programs), [folder, labels, output], measured());
    await pipeline(thousands(index => `{"custom_id": "request-${index}", "label": "${index % 2 ? 'yes' : 'no'}"}`), createWriteStream(labels));
    await pipeline(thousands(index => records[index % 3].replaceAll('@', `request-${index}`)), createWriteStream(part));
    expect([await run.code(), run.output]).toEqual([0, expect.stringContaining(`of ${count} are right`)]);
    const figures = JSON.parse(readFileSync(join(output, 'evaluation.json'), 'utf8')) as Figures;
    expect(figures).toMatchObject({ labelled: count, unparsable: 333_333, missing: 0, right: 333_333 });
    const scope = unit();
    const batch = new BatchInference(scope, 'batch', { server: server(scope), bucket: 'my-data', input: 'in/questions.jsonl', output: 'out' });
    const limit = memoryLimitOf(new ModelEvaluation(scope, 'evaluation', { batch, labels: 'in/labels.jsonl', output: 'figures' }));
    process.stdout.write(`\nmemory: the evaluation took ${Math.round(highestBytes(run.output) / 2 ** 20)} MiB of ${limit / 2 ** 20}\n`);
    expect(highestBytes(run.output)).toBeLessThan(0.7 * limit);
  });
});
