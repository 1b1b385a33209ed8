import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { benchmarkRows } from '../../lib/cli/benchmark-rows';
import { runCommandLine } from '../../lib/cli/command-line';

let folder: string;
beforeEach(() => folder = fs.mkdtempSync(path.join(os.tmpdir(), 'benchmark-')));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const rowsOf = (file: string, text: string | Buffer) => benchmarkRows(file, Buffer.from(text));
const row = (value: object) => JSON.stringify(value);

async function run(files: { readonly [name: string]: string }, ...args: string[]): Promise<{ code: number; said: string }> {
  const paths = Object.entries(files).map(([name, text]) => {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
    return file;
  });
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  const code = await runCommandLine(['benchmark', ...paths, `--output=${folder}/out`, ...args], {}, { out: say, error: say });
  return { code, said: said.join('\n') };
}

function written(name: string): Record<string, unknown>[] {
  return fs.readFileSync(path.join(folder, 'out', name), 'utf8').trimEnd().split('\n').map(line => JSON.parse(line) as Record<string, unknown>);
}

describe('a row', () => {
  const choice = { question: 'Q?', choices: ['x', 'y'], answer: 'B' };
  test.each([
    ['MMLU without a header', 'a.csv', 'Q?,x,y,B\n', choice],
    ['with a header in another order', 'a.csv', 'Subject,Answer,question,B,A\nlaw,b,Q?,y,x\n', { ...choice, line: 2 }],
    ['of question and answer', 'a.csv', 'question,answer\nQ?,forty two\n', { line: 2, question: 'Q?', choices: undefined, answer: 'forty two' }],
    ['MMLU as JSON', 'a.jsonl', row({ question: 'Q?', subject: 'law', choices: ['x', 'y'], answer: 1 }), choice],
    ['ARC', 'a.jsonl', row({ question: 'Q?', choices: { text: ['x', 'y'], label: ['1', '2'] }, answerKey: '2' }), choice],
    ['GSM8K', 'a.jsonl', row({ question: 'Q?', answer: '1 + 1 = <<1+1=2>>2\n#### 1,002' }), { question: 'Q?', choices: undefined, answer: '1,002' }],
    ['free text', 'a.jsonl', `\ufeff${row({ question: 'Q?', answer: 'Paris' })}`, { question: 'Q?', choices: undefined, answer: 'Paris' }],
    ['a number', 'a.jsonl', row({ question: 'Q?', answer: 7 }), { question: 'Q?', choices: undefined, answer: '7' }],
  ])('%s', (_name, file, text, expected) => {
    expect(rowsOf(file, text)).toEqual([{ line: 1, ...expected }]);
  });

  const good = 'Q?,x,y,A\n';
  const line = row({ question: 'Q?', answer: 'x' });
  test.each<[string, string, string | Buffer, string]>([
    ['a column less', 'a.csv', `${good}Q?,x,A\n`, 'a.csv, line 2: has 3 columns, the first line has 4'],
    ['a comma that is not quoted', 'a.csv', `${good}"Q\n?",x,y,A\nWell, Q?,x,y,A\n`, 'a.csv, line 4: has 5 columns'],
    ['a letter that is no choice', 'a.csv', `${good}Q?,x,y,C\n`, 'a.csv, line 2: the answer ("C") is none of its choices A to B'],
    ['no letter', 'a.csv', `${good}Q?,x,y,\n`, 'a.csv, line 2: the answer ("") is none of its choices A to B'],
    ['no question', 'a.csv', `${good} ,x,y,A\n`, 'a.csv, line 2: the question (" ") must be a text that is not empty'],
    ['an empty choice', 'a.csv', `${good}Q?,x,,A\n`, 'a.csv, line 2: choice B ("") must be a text'],
    ['too few columns', 'a.csv', 'Q?,x,A\n', 'a.csv, line 1: has 3 columns. Without a header'],
    ['a list in a table', 'a.csv', 'question,choices,answer\nQ?,"[x y]",A\n', 'a.csv, line 1: has a column of choices'],
    ['a quoted field without an end', 'a.csv', `${good}"Q?,x,y,A\n`, 'a.csv, line 2: a quoted field has no end'],
    ['no JSON', 'a.jsonl', `${line}\n{"question"\n`, 'a.jsonl, line 2: is no valid JSON'],
    ['a list', 'a.jsonl', `${line}\n\n[]\n`, 'a.jsonl, line 3: is no JSON object'],
    ['no answer', 'a.jsonl', `${line}\n${row({ question: 'Q?' })}`, 'a.jsonl, line 2: the answer (missing) must be a text'],
    ['nothing behind the mark', 'a.jsonl', row({ question: 'Q?', answer: '1 + 1\n####  ' }), 'a.jsonl, line 1: the answer behind ####'],
    ['a place that is no choice', 'a.jsonl', row({ question: 'Q?', choices: ['x', 'y'], answer: 2 }), 'a.jsonl, line 1: the answer ("C") is none of its choices A to B'],
    ['a key that is no label', 'a.jsonl', row({ question: 'Q?', choices: { text: ['x', 'y'], label: ['A', 'B'] }, answerKey: 'E' }), 'line 1: the answer ("E") is none of its labels ["A","B"]'],
    ['a place below the first', 'a.jsonl', row({ question: 'Q?', choices: ['x', 'y'], answer: -1 }), 'line 1: the answer (-1) is none of its choices'],
    ['choices that are none', 'a.jsonl', row({ question: 'Q?', choices: 'x', answer: 0 }), 'line 1: \'choices\' is neither a list nor'],
    ['one choice', 'a.jsonl', row({ question: 'Q?', choices: ['x'], answer: 0 }), 'line 1: has 1 choices; there have to be 2 to 26'],
    ['half a character', 'a.jsonl', '{"question": "\\ud83d", "answer": "x"}', 'a.jsonl, line 1: the question ("\\ud83d") must be a text'],
    ['bytes that are no UTF-8', 'a.jsonl', Buffer.concat([Buffer.from(`${line}\n`), Buffer.from([0x22, 0xff])]), 'a.jsonl, line 2: is no UTF-8'],
    ['nothing', 'a.csv', '\n\n', 'a.csv has no question'],
  ])('with %s is refused', (_name, file, text, refusal) => {
    expect(() => rowsOf(file, text)).toThrow(refusal);
  });
});

test('the two files', async () => {
  const { code, said } = await run({
    'law_test.csv': '"Q, ""one""?",x,y,B\n"Q\ntwo?",x,y,A\n', 'gsm8k.jsonl': `${row({ question: 'How many?', answer: '#### 3' })}\n`,
  });
  expect([code, said]).toEqual([0, `3 questions of 2 files: wrote ${folder}/out/input.jsonl and labels.jsonl`]);
  const content = (prompt: string) => ({ temperature: 0, messages: [{ role: 'user', content: prompt }] });
  const asked = { method: 'POST', url: '/v1/chat/completions' };
  expect(written('input.jsonl')).toEqual([
    { custom_id: 'law_test-1', ...asked, body: content('Q, "one"?\n\nA. x\nB. y\n\nEnd with a line that has "Answer:" and the letter of the right choice alone.') },
    { custom_id: 'law_test-2', ...asked, body: content('Q\ntwo?\n\nA. x\nB. y\n\nEnd with a line that has "Answer:" and the letter of the right choice alone.') },
    { custom_id: 'gsm8k-1', ...asked, body: content('How many?\n\nEnd with a line that has "Answer:" and the number alone.') },
  ]);
  expect(written('labels.jsonl')).toEqual([
    { custom_id: 'law_test-1', label: 'B', answer_after: 'Answer:' }, { custom_id: 'law_test-2', label: 'A', answer_after: 'Answer:' },
    { custom_id: 'gsm8k-1', label: '3', answer_after: 'Answer:' },
  ]);
});

test('parameters are those of each request', async () => {
  expect((await run({ 'a.csv': 'Q?,x,y,B\n' }, '--parameters={"temperature": 0.6, "max_tokens": 4096}')).code).toBe(0);
  expect(written('input.jsonl')[0].body).toMatchObject({ temperature: 0.6, max_tokens: 4096 });
});

test('references that an evaluation cannot tell apart are one, others stay what they are', async () => {
  const answers = ['New York', 'new  york.', 'NEW YORK!', '5', '.5', '-5', '5.', '?', '!', 'C', 'C++'];
  expect((await run({ 'a.jsonl': answers.map(answer => row({ question: 'Q?', answer })).join('\n') })).code).toBe(0);
  expect(written('labels.jsonl').map(({ label }) => label)).toEqual(['New York', 'New York', 'New York', '5', '.5', '-5', '5', '?', '!', 'C', 'C++']);
});

describe('nothing is written', () => {
  test.each<[string, { readonly [name: string]: string }, string[], number, string]>([
    ['for a malformed row', { 'a.csv': 'Q?,x,y,B\n', 'b.csv': 'Q?,x,y,C\n' }, [], 65, 'b.csv, line 1: the answer ("C")'],
    ['without a file', {}, [], 64, 'say which files'],
    ['for a file that is not there', {}, ['absent.csv'], 66, 'absent.csv cannot be read (ENOENT)'],
    ['for two files of one name', { 'x/a.csv': 'Q?,x,y,B\n', 'y/a.csv': 'Q?,x,y,B\n' }, [], 64, 'have one name'],
    ['for parameters that are none', { 'a.csv': 'Q?,x,y,B\n' }, ['--parameters=[]'], 64, '--parameters ([]) must be a JSON object'],
    ['for an unknown option', { 'a.csv': 'Q?,x,y,B\n' }, ['--shots=5'], 64, '--shots'],
  ])('%s', async (_name, files, args, code, message) => {
    const ended = await run(files, ...args);
    expect([ended.code, ended.said]).toEqual([code, expect.stringContaining(message)]);
    expect(fs.existsSync(path.join(folder, 'out'))).toBe(false);
  });

  test('into a folder that is a file', async () => {
    fs.writeFileSync(path.join(folder, 'out'), '');
    const ended = await run({ 'a.csv': 'Q?,x,y,B\n' });
    expect([ended.code, ended.said]).toEqual([73, expect.stringContaining('input.jsonl cannot be written')]);
  });
});
