import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BatchInference } from '../../lib';
import { eventually } from '../rig/eventually';
import { Answer, FaultyServer, SeenRequest } from '../rig/faulty-server';
import { programFolder } from '../rig/program-folder';
import { ClientProgram } from './client-program';
import { EvaluationTrial, recordOf, Row } from './evaluation-trial';

const BATCH = programFolder(BatchInference.programImage().programs);
const trial = new EvaluationTrial();
const FAULT_CASES: string[] = [];

afterAll(() => {
  trial.end();
  process.stdout.write(`\nevaluation: ${FAULT_CASES.length} fault cases: ${FAULT_CASES.join('; ')}\n`);
});

/** A test of a fault, counted when it has passed. */
function faultCase(name: string, check: () => Promise<void>): void {
  test(name, async () => {
    await check();
    FAULT_CASES.push(name);
  });
}

const BY_HAND: Row[] = [
  ['1', 'ham', 'ham'], ['2', 'ham', 'Ham.'], ['3', 'ham', 'I think it is **ham**.'], ['4', 'ham', 'spam'], ['5', 'ham', undefined],
  ['6', 'spam', '<think>ham?</think>\n SPAM'], ['7', 'spam', 'It is spam, not ham'], ['8', 'spam', 'ham or spam'],
  ['9', 'not sure', 'I am not \n sure'], ['10', 'not sure', 'a hamster'], ['11', 'not sure'],
];

describe('a set with known answers', () => {
  test('gives exactly the figures that were computed by hand', async () => {
    const { output, page, ...figures } = await trial.evaluate(BY_HAND);
    expect(figures).toEqual({
      labelled: 11, right: 6, accuracy: 6 / 11, exact_match: 3 / 11,
      // ham: 3 right of 4 answers and 5 lines; spam: 2 of 3 and 3; not sure: 1 of 1 and 3
      labels: {
        ham: { precision: 3 / 4, recall: 3 / 5, f1: 6 / 9, support: 5, predicted: 4, right: 3, unparsable: 0, missing: 1 },
        'not sure': { precision: 1, recall: 1 / 3, f1: 2 / 4, support: 3, predicted: 1, right: 1, unparsable: 1, missing: 1 },
        spam: { precision: 2 / 3, recall: 2 / 3, f1: 4 / 6, support: 3, predicted: 3, right: 2, unparsable: 0, missing: 0 },
      },
      macro_precision: expect.closeTo(29 / 36, 14), weighted_precision: expect.closeTo(35 / 44, 14),
      macro_recall: expect.closeTo(8 / 15, 14), weighted_recall: expect.closeTo(6 / 11, 14),
      macro_f1: expect.closeTo(11 / 18, 14), weighted_f1: expect.closeTo(41 / 66, 14),
      unparsable: 1, missing: 2, missing_by_error: 1, answers_without_label: 0, thresholds: {},
      confusion: { ham: { ham: 3, spam: 1 }, 'not sure': { 'not sure': 1 }, spam: { ham: 1, spam: 2 } },
    });
    expect(output).toContain('6 of 11 are right: accuracy 0.5455, macro F1 0.6111, exact match 0.2727; 1 unparsable, 2 missing');
    expect(page).toContain('<b class="">54.5 %</b><span>accuracy</span>');
    expect(page).not.toMatch(/<script|https?:|src=|@import|url\(/);
  });

  test('of 2,000 lines agrees with another way to count', async () => {
    const names = ['red', 'green', 'dark green', 'blue'];
    let state = 7;
    const next = (below: number) => (state = (state * 48271) % 2147483647) % below;
    const rows = Array.from({ length: 2000 }, (_, index) => {
      const label = names[next(4)];
      const said = [label, names[next(4)], `The colour: ${names[next(4)]}!`, 'no idea'][next(4)];
      return [`${index}`, label, said] as const;
    });
    const seen = rows.map(([, label, said]) => [label, ['dark green', 'red', 'green', 'blue'].find(name => said.includes(name))] as const);
    const count = (of: (label: string, said?: string) => boolean) => seen.filter(([label, said]) => of(label, said)).length;
    const figures = await trial.evaluate(rows);
    expect(figures.accuracy).toBe(count((label, said) => label === said) / 2000);
    for (const name of names) {
      const truePositives = count((label, said) => label === name && said === name);
      const falsePositives = count((label, said) => label !== name && said === name);
      const falseNegatives = count((label, said) => label === name && said !== name);
      expect(figures.labels[name].precision).toBeCloseTo(truePositives / (truePositives + falsePositives), 14);
      expect(figures.labels[name].recall).toBeCloseTo(truePositives / (truePositives + falseNegatives), 14);
      expect(figures.labels[name].f1).toBeCloseTo(2 * truePositives / (2 * truePositives + falsePositives + falseNegatives), 14);
    }
    expect(figures.unparsable).toBe(count((_, said) => said === undefined));
  });

  test.each([
    ['case, width and spaces', 'New York', 'ｎｅｗ  ＹＯＲＫ', true],
    ['quotes and Markdown', 'New York', '**"New York"**.', true],
    ['of two at one place the longest', 'New York', 'new york city', false],
    ['a word within a word is none', 'other', 'newer bother', false],
    ['signs alone', '+', '+', true],
    ['a sign with letters', 'c++', 'It is C++, surely', false],
    ['what is thought does not count', 'new', 'other?\n</think>\nnew', true],
    ['an umlaut in two forms', 'grün', 'gru\u0308n', true],
  ])('%s', async (name, label, said, exact) => {
    const rows = ['new', 'New York', 'other', '+', 'c++', 'grün'].map(each => [each, each, each] as const).filter(([id]) => id !== label);
    const figures = await trial.evaluate([...rows, [label, label, said]]);
    const right = name !== 'a word within a word is none';
    expect([figures.right, figures.exact_match]).toEqual([right ? 6 : 5, (exact ? 6 : 5) / 6]);
  });

  test('thresholds decide the exit code, and the figures are written either way', async () => {
    expect((await trial.evaluate(BY_HAND, ['--min-accuracy=0.545', '--min-macro-f1=0.611'])).output).not.toContain('below');
    const failed = await trial.evaluate(BY_HAND, ['--min-accuracy=0.546', '--min-weighted-f1=0.1', '--min-exact-match=0.9'], 3);
    expect(failed.output).toContain('below what was asked for: accuracy 0.5455 < 0.546, exact_match 0.2727 < 0.9');
    expect(failed.thresholds).toEqual({
      accuracy: { least: 0.546, holds: false }, weighted_f1: { least: 0.1, holds: true }, exact_match: { least: 0.9, holds: false },
    });
    expect(failed.page).toContain('accuracy, at least 54.6 %: missed');
  });

  test('many labels are no wall of figures: the page has the most frequent mix-ups', async () => {
    const rows = Array.from({ length: 300 }, (_, index) => [`${index}`, `label${index % 40}`, index % 3 ? `label${index % 40}` : 'label7'] as const);
    const { page } = await trial.evaluate(rows);
    expect(page).toContain('most frequent mix-ups of 40 labels');
    expect(page.match(/<td class="text">label7<\/td>/g)!.length).toBeGreaterThan(5);
  });

  test('what a model writes is text on the page, and half a surrogate pair breaks nothing', async () => {
    const { page, right } = await trial.evaluate([['<b>id', 'a', '<script>alert(1)</script>'], ['2', 'b', 'b \ud83d'], ['3', '<i>', '<i>']]);
    expect(right).toBe(2);
    expect(page).not.toMatch(/<script|<b>id|<i><\/th>/);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });
});

describe('faults', () => {
  const good = () => trial.predictions([['1', 'a']]);
  const row = '{"custom_id": "1", "label": "a"}\n';
  const broken = (text: string) => {
    const directory = good();
    writeFileSync(join(directory, 'part-00000-00001.jsonl'), text);
    return directory;
  };
  const cases: [string, () => string, () => string, number, RegExp, string[]][] = [
    ['no labels', good, () => join(trial.folder, 'absent'), 66, /labels cannot be read: No such file/, []],
    ['labels without a line', good, () => trial.labels('\n'), 65, /no line/, []],
    ['labels that are no JSON', good, () => trial.labels(`${row}{`), 65, /line 2: no JSON/, []],
    ['labels with bad UTF-8', good, () => trial.labels(Buffer.from([0x7b, 0xff, 0x7d])), 65, /line 1: no JSON/, []],
    ['labels nested too deeply', good, () => trial.labels('['.repeat(300_000)), 65, /line 1: no JSON/, []],
    ['labels without a label', good, () => trial.labels('{"custom_id": "1"}'), 65, /must be texts/, []],
    ['two labels for one line', good, () => trial.labels(`${row}{"custom_id": "1", "label": "b"}`), 65, /another label in an earlier line/, []],
    ['labels that cannot be told apart', good, () => trial.labels(`${row}{"custom_id": "2", "label": "A."}`), 65, /"A\." and "a" cannot be told apart/, []],
    ['predictions that are no JSON', () => broken('{"id"\n'), () => trial.labels(row), 65, /part-00000-00001.jsonl, line 1: no JSON/, []],
    ['two answers to one line', () => broken(recordOf('1', 'b')), () => trial.labels(row), 65, /a second answer of "1"/, []],
    ['answers of an embedding', () => broken('{"custom_id": "2", "response": {"body": {"data": []}}}'), () => trial.labels(row), 65, /no answer of a chat/, []],
    ['a batch that is not complete', () => trial.predictions([['1', 'a']], false), () => trial.labels(row), 75, /1 of 1 shards are not complete: 0/, []],
    ['a batch that never began', () => join(trial.folder, 'absent'), () => trial.labels(row), 75, /there is no folder/, []],
    ['an unknown option', good, () => trial.labels(row), 64, /unrecognized/, ['--min-acuracy=1']],
    ['a threshold that is no number', good, () => trial.labels(row), 64, /--min-accuracy/, ['--min-accuracy=high']],
  ];
  for (const [name, answers, truth, code, message, options] of cases) {
    faultCase(`${name}: exit code ${code}`, async () => {
      const run = trial.program(answers(), truth(), trial.path('output'), ...options);
      expect(await run.code()).toBe(code);
      expect(run.output).toMatch(message);
    });
  }

  faultCase('an output that cannot be written: exit code 74', async () => {
    const run = trial.program(good(), trial.labels(row), trial.labels(''));
    expect(await run.code()).toBe(74);
    expect(run.output).toContain('File exists');
  });

  faultCase('asked to stop while it waits: exit code 75', async () => {
    const run = trial.program(trial.predictions([], false), trial.labels(row), trial.path('output'), '--wait=60');
    await eventually('it waits', async () => run.output.includes('waiting for the batch'));
    run.child.kill('SIGTERM');
    expect(await run.code()).toBe(75);
  });

  test('a batch that is at work is waited for', async () => {
    const directory = trial.predictions([['1', 'a']], false);
    const run = trial.program(directory, trial.labels(row), trial.path('output'), '--wait=60');
    await eventually('it waits', async () => run.output.includes('waiting for the batch'));
    writeFileSync(join(directory, 'summary-00000.json'), '{}');
    expect(await run.code()).toBe(0);
    expect(run.output).toContain('1 of 1 are right');
  });
});

/** A model that finds every label but one, and fails at another. */
class Classifier extends FaultyServer {
  protected answer({ path, body }: SeenRequest): Answer {
    if (path === '/v1/models') {
      return { status: 200, body: '{"data": [{"id": "tiny"}]}' };
    }
    const { prompt } = JSON.parse(body.toString()) as { prompt: string };
    return prompt === 'q3' ? { status: 400, body: '{"error": {"message": "too long"}}' } : {
      status: 200, body: JSON.stringify({ choices: [{ text: prompt === 'q1' ? 'odd' : Number(prompt.slice(1)) % 2 ? 'odd' : 'even', finish_reason: 'stop' }] }),
    };
  }
}

test('reads what the batch has written', async () => {
  const server = await new Classifier().listen();
  try {
    const ids = Array.from({ length: 20 }, (_, index) => `q${index}`);
    const input = trial.path('input.jsonl');
    writeFileSync(input, ids.map(prompt => `${JSON.stringify({ custom_id: prompt, method: 'POST', url: '/v1/completions', body: { prompt } })}\n`).join(''));
    const output = trial.path('batch');
    const shards = [0, 1].map(shard => new ClientProgram(BATCH, [
      input, output, `--url=${server.url}`, '--model=tiny', '--shards=2', `--shard=${shard}`, '--max-error-share=1', '--commit-interval=0.01',
    ]));
    expect(await Promise.all(shards.map(run => run.code()))).toEqual([0, 0]);
    const truth = trial.labels(ids.map((id, index) => [id, index % 2 ? 'odd' : 'even']));
    const run = trial.program(output, truth, join(output, 'figures'));
    expect(await run.code()).toBe(0);
    expect(JSON.parse(readFileSync(join(output, 'figures', 'evaluation.json'), 'utf8'))).toMatchObject({
      labelled: 20, right: 19, missing: 1, missing_by_error: 1, unparsable: 0, exact_match: 19 / 20,
    });
  } finally {
    await server.stop();
  }
});
