import { Model } from '../../lib';
import { CHECKPOINTS } from './checkpoints';
import { TinyFolder } from './tiny-folder';

let folder: TinyFolder;
beforeEach(() => folder = new TinyFolder().without('tokenizer.json'));
afterEach(() => folder.remove());

/** What a plan says of a folder: the bytes of its weights, or why there is no plan. */
function planOf(files: { readonly [path: string]: Buffer }, options: Parameters<typeof Model.fromDirectory>[1]): number | string {
  Object.entries(files).forEach(([path, content]) => folder.file(path, content));
  try {
    return Model.fromDirectory(folder.directory, options).weightsBytes;
  } catch (error) {
    return (error as Error).message;
  }
}

test.each(CHECKPOINTS.map(checkpoint => [checkpoint.name, checkpoint] as const))('a plan of %s', (_name, checkpoint) => {
  const { files, refused, left = [], trustRemoteCode, skipTokenizerInit } = checkpoint;
  const said = planOf(files, { trustRemoteCode, skipTokenizerInit });
  // each of their safetensors holds four bytes
  const shards = Object.keys(files).filter(path => path.endsWith('.safetensors') && !left.includes(path));
  expect(said).toEqual(refused ? expect.stringMatching(refused) : 4 * shards.length);
});

test('a refusal of a folder says what to give to Model.fromDirectory', () => {
  const without = CHECKPOINTS.find(({ name }) => name === 'no tokenizer but nothing')!;
  expect(planOf(without.files, {})).toContain('or say { skipTokenizerInit: true } if the server runs with it');
  const ofCode = CHECKPOINTS.find(({ name }) => name === 'a tokenizer of code')!;
  expect(planOf(ofCode.files, {})).toContain('read it, and say { trustRemoteCode: true } if the server runs with it');
});

test('an index without the weights needs nothing else', () => {
  folder.config({ ...JSON.parse(CHECKPOINTS[0].files['config.json'].toString()) as object, auto_map: { AutoConfig: 'configuration_x.XConfig' } })
    .index({ weight: 'model-00001-of-00002.safetensors' }, 1000);
  expect(Model.fromDirectory(folder.directory).weightsBytes).toBe(1000);
});
