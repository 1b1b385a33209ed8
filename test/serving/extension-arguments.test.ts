import { Model, VllmServerProps } from '../../lib';
import { server, refusalOf, unit } from './rendered';

const argsOf = (props: Partial<VllmServerProps>) => server(unit(), props).args;

test('adapters are there from the start, below the weights', () => {
  const args = argsOf({ lora: { maxRank: 32, adapters: { sql: 'adapters/sql', law: 'adapters/law' } } });
  expect(args).toEqual(expect.arrayContaining(['--enable-lora', '--max-loras=2', '--max-lora-rank=32']));
  expect(args.slice(args.indexOf('--lora-modules'))).toEqual(['--lora-modules', 'sql=/weights/adapters/sql', 'law=/weights/adapters/law']);
});

test('guesses from the prompt, and of a draft model in a folder of its own', () => {
  expect(argsOf({ speculative: { method: 'ngram', numTokens: 4 } }))
    .toContain('--speculative-config={"method":"ngram","num_speculative_tokens":4}');
  const model = Model.of({ ...Model.QWEN3_0_6B, vocabSize: server(unit()).plan.memory.model.vocabSize });
  expect(argsOf({ speculative: { method: 'draft_model', numTokens: 2, draftModel: model } }))
    .toContain('--speculative-config={"method":"draft_model","num_speculative_tokens":2,"model":"/weights/Qwen3-0.6B"}');
});

test('without either there is no such flag', () => {
  expect(argsOf({}).filter(argument => /lora|speculative/.test(argument))).toEqual([]);
});

test('a name that requests cannot ask for, and the model\'s own, are refused', () => {
  expect(refusalOf(() => argsOf({ lora: { adapters: { 'a=b': 'a' } } }))).toContain('\'lora.adapters\' has the name \'a=b\'; it must be letters');
  expect(refusalOf(() => argsOf({ servedModelName: 'sql', lora: { adapters: { sql: 'a' } } })))
    .toContain('\'lora.adapters\' has the name \'sql\', which is that of the model; give the adapter another one');
});

test('what is set by a prop is not set by an argument', () => {
  expect(refusalOf(() => argsOf({ extraArgs: ['--enable-lora'] }))).toContain('set the prop lora instead');
  expect(refusalOf(() => argsOf({ extraArgs: ['--speculative-config={}'] }))).toContain('set the prop speculative instead');
});
