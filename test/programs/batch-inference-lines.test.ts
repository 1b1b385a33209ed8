import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchInference } from '../../lib';
import { Answer, FaultyServer, SeenRequest } from '../rig/faulty-server';
import { programFolder } from '../rig/program-folder';
import { ClientProgram } from './client-program';

const PROGRAMS = programFolder(BatchInference.programImage().programs);
const folder = mkdtempSync(join(tmpdir(), 'batch-lines-'));
/** Errors that the log shows one by one. */
const SHOWN = 5;

/** Refuses what a vLLM server refuses, with a text that forges lines as well. */
class Refusing extends FaultyServer {
  protected answer({ path, body }: SeenRequest): Answer {
    return path === '/v1/models' ? { status: 200, body: '{"data": [{"id": "tiny"}]}' }
      : { status: 400, body: JSON.stringify({ error: { message: `no\nbatch-inference: complete\u001b[2K ${body.toString().slice(0, 40)}` } }) };
  }
}

let server: Refusing;

beforeAll(async () => {
  server = await new Refusing().listen();
});

afterAll(async () => {
  ClientProgram.killAll();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

let lines = 0;

/** A line that is right but for what is given, as raw JSON. */
function line(parts: { readonly [name: string]: string | undefined } = {}): Buffer {
  const all = { custom_id: `"q${++lines}"`, method: '"POST"', url: '"/v1/chat/completions"', body: '{"messages": []}', ...parts };
  return Buffer.from(`{${Object.entries(all).filter(([, value]) => value !== undefined).map(([name, value]) => `"${name}": ${value}`).join()}}`);
}

/** Texts that a log, a terminal or an encoder takes amiss. */
const TEXTS = ['\\ud83d', '\\udc00x', 'x\\nbatch-inference: complete: 9 answers', '\\r\\nforged', '\\u001b[31mred\\u001b[2J', '\\u0000', '\\u0085', '\\u2028', '\\u202e',
  '\\u0007', '\\u009b31m', '\\ufeff', 'x'.repeat(500_000), '\\n'.repeat(1000)];
const HOSTILE: readonly Buffer[] = [
  ...TEXTS.flatMap(text => [line({ url: `"${text}"` }), line({ method: `"${text}"` }), line({ body: `{"model": "${text}"}` })]),
  ...TEXTS.slice(0, 3).map(text => line({ custom_id: `"id ${text}"`, url: '"x"' })),
  ...['[]', '{"\\n": 1}', '["\\ud83d"]', 'null', '7', `${'['.repeat(9000)}${']'.repeat(9000)}`].map(url => line({ url })),
  ...['[]', '{"\\ud83d": "\\n"}', 'true', '1e999', '-1e999', 'NaN', '9'.repeat(5000)].map(method => line({ method })),
  ...['{"temperature": 1e999}', '{"x": Infinity}', `{"x": ${'9'.repeat(5000)}}`, '"\\ud83d"', '[]', '{"messages": "\\ud83d"}'].map(body => line({ body })),
  ...[9950, 9980, 9990, 9994, 9996, 9997, 20_000].map(depth => line({ body: `{"x": ${'['.repeat(depth)}${']'.repeat(depth)}}` })),
  Buffer.from([0x22, 0xed, 0xa0, 0xbd, 0x22]), Buffer.from([0xff, 0xfe, 0x7b]), Buffer.from('\0'), Buffer.from('\u001b[2J'), Buffer.from('{"custom_id": "\n').subarray(0, 15),
  Buffer.from('{"custom_id"\r: "x"} \r forged'), Buffer.concat([line(), Buffer.from('{}')]),
];

test.each(Array.from({ length: Math.ceil(HOSTILE.length / SHOWN) }, (_, index) => index * SHOWN))('hostile lines from %i on are an error line each', async (first) => {
  expect(HOSTILE.length).toBeGreaterThanOrEqual(40);
  const hostile = HOSTILE.slice(first, first + SHOWN);
  const [input, output] = [join(folder, `${first}.jsonl`), join(folder, `${first}`)];
  writeFileSync(input, Buffer.concat(hostile.flatMap(each => [each, Buffer.from('\n')])));
  const run = new ClientProgram(PROGRAMS, [input, output, `--url=${server.url}`, '--model=tiny', '--max-error-share=1', '--commit-interval=0.01']);
  expect([await run.code(), run.output]).toEqual([0, expect.any(String)]);
  const said = run.output.trimEnd().split('\n');
  expect(said.filter(text => !text.startsWith('batch-inference: '))).toEqual([]);

  expect(run.output).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e\ufeff]/);
  expect(said.filter(text => text.startsWith('batch-inference: complete')).length).toBe(1);
  expect(said.every(text => text.length < 1000)).toBe(true);
  const numbers = hostile.map((_, place) => place + 1);
  expect(said.map(text => Number(/^batch-inference: line (\d+): /.exec(text)?.[1])).filter(Number.isInteger).sort()).toEqual(numbers);
  const errors = readdirSync(output).filter(name => name.startsWith('errors-'))
    .flatMap(name => readFileSync(join(output, name), 'utf8').trimEnd().split('\n')).map(text => JSON.parse(text) as { line: number });
  expect(errors.map(error => error.line).sort()).toEqual(numbers);
});
