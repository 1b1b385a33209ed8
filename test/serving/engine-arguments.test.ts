import { Model, VllmRelease, WeightsStorage } from '../../lib';
import { engineArguments } from '../../lib/serving/engine-arguments';
import { server, unit } from './rendered';

const storage = WeightsStorage.gcsFuse({ bucket: 'my-models' });

test('what only a server is told is left out, with its values', () => {
  const { args, release } = server(unit(), { lora: { maxLoras: 1, maxRank: 16, adapters: { sql: 'adapters/sql' } } }, storage, Model.QWEN3_8B);
  expect(args.join(' ')).toMatch(/--lora-modules sql=/);
  const kept = engineArguments(release, args);
  expect(kept).toEqual(expect.arrayContaining(['--enable-lora', '--max-model-len=8192']));
  expect(kept.filter(arg => /lora-modules|sql=|--host|--port/.test(arg))).toEqual([]);
});

test('a flag that there is not is an error', () => {
  expect(() => engineArguments(VllmRelease.DEFAULT, ['model', '--nonsense'])).toThrow(/nonsense/);
});
