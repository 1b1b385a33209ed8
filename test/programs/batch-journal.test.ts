import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { BatchInference } from '../../lib';
import { AnsweringModel } from '../fuse/answering-model';
import { programFolder } from '../rig/program-folder';
import { sha256 } from '../rig/sha256';
import { ClientProgram } from './client-program';

const PROGRAMS = programFolder(BatchInference.programImage().programs);
const LINES = 10;
const folder = mkdtempSync(join(tmpdir(), 'batch-journal-'));
const input = join(folder, 'input.jsonl');
let model: AnsweringModel;
let outputs = 0;

beforeAll(async () => {
  model = await new AnsweringModel(50).listen();
  writeFileSync(input, Array.from({ length: LINES }, (_, line) => `${JSON.stringify({
    custom_id: `q${line}`, method: 'POST', url: '/v1/chat/completions', body: { messages: [{ role: 'user', content: `q${line}` }] },
  })}\n`).join(''));
});

afterAll(async () => {
  ClientProgram.killAll();
  await model.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The record of a line of the input, 0 to 9; a fault is that of a request that failed. */
function record(line: number, fault?: string): string {
  const error = fault === undefined ? null : { code: fault, message: 'as it was told' };
  const body = { choices: [{ message: { content: 'earlier' } }] };
  const response = error ? null : { status_code: 200, request_id: '', body };
  return `${JSON.stringify({ id: `batch_req_${line + 1}`, custom_id: `q${line}`, response, error })}\n`;
}

function records(...lines: number[]): string {
  return lines.map(line => record(line)).join('');
}

/** A folder as a run that was killed may leave it. */
function left(files: { readonly [name: string]: string }): string {
  const output = join(folder, `output-${++outputs}`);
  const manifest = {
    completions: 1, input_sha256: sha256(readFileSync(input)), model: AnsweringModel.NAME, parameters: {}, revision: null,
  };
  for (const [name, text] of Object.entries({ 'manifest-00000.json': JSON.stringify(manifest), ...files })) {
    mkdirSync(dirname(join(output, name)), { recursive: true });
    writeFileSync(join(output, name), text);
  }
  return output;
}

async function run(output: string): Promise<{ readonly code: number | NodeJS.Signals; readonly output: string; readonly asked: string[] }> {
  const before = model.asked.length;
  const program = new ClientProgram(PROGRAMS, [input, output, `--url=${model.url}`, `--model=${AnsweringModel.NAME}`, '--max-error-share=1']);
  return { code: await program.code(), output: program.output, asked: model.asked.slice(before).sort() };
}

function filesOf(output: string): { [name: string]: string } {
  return Object.fromEntries(readdirSync(output).sort().filter(name => name.endsWith('.jsonl') || name.startsWith('journal'))
    .map(name => [name, readFileSync(join(output, name), 'utf8')]));
}

const names = (...lines: number[]): string[] => lines.map(line => `q${line}`);
const all = Array.from({ length: LINES }, (_, line) => line);

test.each<[string, { readonly [name: string]: string }, number[]]>([
  ['nothing yet', {}, all],
  ['commits', { 'journal-00000/00000-00000.jsonl': records(3, 1), 'journal-00000/00000-00001.jsonl': record(7, 'http_400') }, [0, 2, 4, 5, 6, 8, 9]],
  ['a commit that is torn', { 'journal-00000/00000-00000.jsonl': records(3, 1).slice(0, -20) }, all.filter(line => line !== 3)],
  ['a commit without a byte', { 'journal-00000/00000-00000.jsonl': records(3), 'journal-00000/00000-00001.jsonl': '' }, all.filter(line => line !== 3)],
  ['a gap, as an object leaves that never arrived', {
    'journal-00000/00000-00000.jsonl': records(3), 'journal-00000/00000-00002.jsonl': records(4),
  }, all.filter(line => line !== 3 && line !== 4)],
  ['a closed row, its errors written and its answers not', {
    'journal-00000/00000-00000.jsonl': records(3, 1) + record(7, 'http_400'), 'journal-00000/00000-00001.jsonl': '',
    'errors-00000-00000.jsonl': record(7, 'http_400'), 'journal-00000/part-00000-00000.jsonl.new': records(3).slice(0, 9),
  }, [0, 2, 4, 5, 6, 8, 9]],
  ['files of which some commits are not removed', {
    'part-00000-00000.jsonl': records(3, 1), 'journal-00000/00000-00001.jsonl': records(1), 'journal-00000/00000-00002.jsonl': '',
  }, all.filter(line => line !== 3 && line !== 1)],
  ['files, and commits after them', {
    'part-00000-00000.jsonl': records(3), 'part-00000-00001.jsonl': '', 'errors-00000-00001.jsonl': record(4, 'http_400'),
    'journal-00000/00002-00000.jsonl': records(5),
  }, [0, 1, 2, 6, 7, 8, 9]],
  ['what release 0.1 left', { 'part-00000-00000.jsonl': records(3), 'part-00000-00001.jsonl': records(5, 6).slice(0, -5) },
    all.filter(line => line !== 3 && line !== 5)],
  ['what release 0.1 left, with more files of errors', {
    'errors-00000-00000.jsonl': record(1, 'http_400'), 'errors-00000-00001.jsonl': record(2, 'http_400'), 'part-00000-00000.jsonl': records(3),
  }, [0, 4, 5, 6, 7, 8, 9]],
])('a run goes on with %s', async (_, files, missing) => {
  const output = left(files);
  expect(await run(output)).toMatchObject({ code: 0, asked: names(...missing) });
  const after = filesOf(output);
  expect(Object.keys(after).filter(name => !/^(part|errors)-00000-\d{5}\.jsonl$/.test(name))).toEqual([]);
  const lines = Object.values(after).flatMap(text => text.split('\n').slice(0, -1));
  expect(lines.map(line => (JSON.parse(line) as { custom_id: string }).custom_id).sort()).toEqual(names(...all));
  // What was there has its first answer still.
  expect(lines.filter(line => line.includes('earlier') || line.includes('as it was told'))).toHaveLength(LINES - missing.length);
  expect(await run(output)).toMatchObject({ code: 0, asked: [] });
  expect(filesOf(output)).toEqual(after);
});

test.each<[string, { readonly [name: string]: string }, RegExp]>([
  ['commits of two rows', { 'journal-00000/00000-00000.jsonl': records(1), 'journal-00000/00001-00000.jsonl': records(2) }, /part-00000-00000.jsonl is missing/],
  ['commits whose files are lost', { 'journal-00000/00001-00000.jsonl': records(2) }, /part-00000-00000.jsonl is missing/],
  ['a file in front of which one is lost', { 'part-00000-00001.jsonl': records(2) }, /part-00000-00000.jsonl is missing/],
  ['a record in a file and in a commit of another row', {
    'part-00000-00000.jsonl': records(2), 'journal-00000/00001-00000.jsonl': records(2),
  }, /line 3 of the input has a second record/],
  ['a commit that is none', { 'journal-00000/00000-00000.jsonl': 'x\n' }, /00000-00000.jsonl, line 1 is no record of a batch/],
])('a run refuses %s, and changes nothing', async (_, files, message) => {
  const output = left(files);
  const there = (): string[] => readdirSync(output, { recursive: true, encoding: 'utf8' });
  const before = there();
  const { code, output: said, asked } = await run(output);
  expect([code, asked]).toEqual([78, []]);
  expect(said).toMatch(message);
  expect(there().filter(name => name !== 'journal-00000').sort()).toEqual(before.filter(name => name !== 'journal-00000').sort());
});

test('commits without a manifest are records of nobody knows what', async () => {
  const output = left({ 'journal-00000/00000-00000.jsonl': records(1) });
  rmSync(join(output, 'manifest-00000.json'));
  expect(await run(output)).toMatchObject({ code: 78, output: expect.stringContaining('manifest-00000.json is missing') });
});
