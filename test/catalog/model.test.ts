import { Model } from '../../lib/catalog/model';
import { countParameters } from './parameter-count';

const models = Model.all().map(model => [model.id, model] as const);
/** The same tower and a projection to the language model's width: https://huggingface.co/google/siglip-so400m-patch14-384 */
const gemma3TowerBytes = (model: Model) => 833_734_368 + 2 * 1152 * model.hiddenSize;

test('the models that the default cells and the published deployments need are there', () => {
  const ids = Model.all().map(model => model.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual(expect.arrayContaining([
    'google/gemma-2-9b-it', 'google/gemma-3-1b-it', 'google/gemma-3-4b-it', 'google/gemma-3-27b-it', 'google/gemma-4-26B-A4B-it',
    'google/gemma-4-31B-it', 'openai/gpt-oss-20b', 'openai/gpt-oss-120b', 'Qwen/Qwen3-0.6B', 'Qwen/Qwen3-32B',
    'meta-llama/Llama-3.1-8B-Instruct', 'meta-llama/Llama-3.3-70B-Instruct', 'meta-llama/Llama-4-Scout-17B-16E-Instruct',
    'mistralai/Mixtral-8x7B-v0.1', 'lmsys/vicuna-13b-v1.3', 'meta-llama/Llama-2-7b-hf',
  ]));
});

test('an id finds its model, an unknown one names the known and the ways out', () => {
  expect(Model.fromId('google/gemma-2-9b-it')).toBe(Model.GEMMA_2_9B_IT);
  const unknown = () => Model.fromId('google/gemma-2-9b');
  expect(unknown).toThrow(/^Unknown model 'google\/gemma-2-9b'\. Known: google\/gemma-1\.1-7b-it, /);
  expect(unknown).toThrow('Use Model.fromDirectory(\'path/to/the/model\') or Model.of(...) for another.');
});

const unquantized = models.filter(([, model]) => !model.quantization && !/Gemma4|Llama4/.test(model.architecture));

test.each(unquantized)('%s: the weights are what its shapes need', (_, model) => {
  const { total, linear } = countParameters(model);
  expect(model.weightsBytes).toBe(2 * total + (model.multimodal ? gemma3TowerBytes(model) : 0));
  expect(model.linearWeightBytes).toBe(2 * linear);
});

const quantizedTo4Bits = models.filter(([, model]) => model.quantization === 'mxfp4');

test.each(quantizedTo4Bits)('%s: 4.25 bits for experts, 16 for the rest', (_, model) => {
  const { layers, hiddenSize, vocabSize, attentionHeads, kvHeads, headDim } = model;
  const { count, intermediateSize } = model.experts!;
  const expertParameters = layers * count * 3 * hiddenSize * intermediateSize;
  const queries = attentionHeads * headDim;
  const keys = kvHeads * headDim;
  const attention = 2 * hiddenSize * queries + 2 * hiddenSize * keys + queries + 2 * keys + hiddenSize + attentionHeads;
  const router = count * hiddenSize + count;
  const biases = count * (2 * intermediateSize + hiddenSize);
  const rest = layers * (attention + router + biases + 2 * hiddenSize) + 2 * vocabSize * hiddenSize + hiddenSize;
  expect(model.weightsBytes).toBe(expertParameters * 4.25 / 8 + 2 * rest);
});

test('Gemma 4: the shapes leave about a gigabyte for the tower', () => {
  for (const model of [Model.GEMMA_4_31B_IT, Model.GEMMA_4_26B_A4B_IT]) {
    const { hiddenSize, headDim, attentionHeads, kvHeads, slidingLayers, experts } = model;
    const fullLayers = model.layers - slidingLayers;
    const globalQueries = attentionHeads * model.globalHeadDim!;
    const globalKeys = model.globalKvHeads! * model.globalHeadDim!;
    const attention = slidingLayers * 2 * hiddenSize * (attentionHeads + kvHeads) * headDim
      + fullLayers * 2 * hiddenSize * (globalQueries + globalKeys);
    const feedForward = model.layers * 3 * hiddenSize * (model.intermediateSize + (experts ? experts.count * experts.intermediateSize : 0));
    const tower = model.weightsBytes - 2 * (attention + feedForward + model.vocabSize * hiddenSize);
    expect(tower / 2 ** 30).toBeGreaterThan(1.05);
    expect(tower / 2 ** 30).toBeLessThan(1.15);
  }
});

test('Llama 4 Scout: routed and shared experts, attention, embeddings and a tower of 0.87 billion parameters', () => {
  const { layers, hiddenSize, headDim, attentionHeads, kvHeads, vocabSize, experts, weightsBytes } = Model.LLAMA_4_SCOUT_17B_16E_INSTRUCT;
  const feedForward = 3 * hiddenSize * experts!.intermediateSize * (experts!.count + 1);
  const attention = 2 * hiddenSize * (attentionHeads + kvHeads) * headDim;
  const tower = weightsBytes - 2 * (layers * (feedForward + attention) + 2 * vocabSize * hiddenSize);
  expect(tower / 2 ** 30).toBeGreaterThan(1.6);
  expect(tower / 2 ** 30).toBeLessThan(1.7);
});

test.each(models)('%s is coherent', (_, model) => {
  expect(Number.isInteger(model.weightsBytes)).toBe(true);
  expect(model.attentionHeads % model.kvHeads).toBe(0);
  expect(model.slidingWindow === undefined).toBe(model.slidingLayers === 0);
  expect(model.slidingLayers).toBeLessThanOrEqual(model.layers);
  expect(model.slidingWindow ?? 0).toBeLessThan(model.maxModelLen);
  expect(model.linearWeightBytes ?? 0).toBeLessThan(model.weightsBytes);
  expect(model.experts?.perToken ?? 0).toBeLessThanOrEqual(model.experts?.count ?? 0);
  expect(['bfloat16', 'float16']).toContain(model.dtype);
  expect(model.revision ?? '0'.repeat(40)).toMatch(/^[0-9a-f]{40}$/);
  expect(model.id).toMatch(/^[\w-]+\/[\w.-]+$/);
});

test('KV bytes a token are those that the cards\' tables give', () => {
  const kvBytes = (model: Model) => 2 * model.layers * model.kvHeads * model.headDim * 2;
  expect(kvBytes(Model.GEMMA_2_9B_IT)).toBe(344_064);
  expect(kvBytes(Model.LLAMA_3_3_70B_INSTRUCT)).toBe(327_680);
  expect(kvBytes(Model.QWEN3_32B)).toBe(262_144);
  expect(kvBytes(Model.GPT_OSS_120B)).toBe(73_728);
  expect(kvBytes(Model.FALCON_7B)).toBe(8_192);
  expect(Model.DEEPSEEK_V3.layers * (Model.DEEPSEEK_V3.mla!.kvLoraRank + Model.DEEPSEEK_V3.mla!.qkRopeHeadDim) * 2).toBe(70_272);
});

test('Gemma 2 and 3 do not run in float16, others do', () => {
  const refusing = Model.all().filter(model => !model.supportsFloat16).map(model => model.id);
  expect(refusing.every(id => /gemma-[23]-/.test(id))).toBe(true);
  expect(refusing).toHaveLength(6);
});

test('a model of one\'s own gets the plain defaults', () => {
  const own = Model.of({
    id: 'me/own', architecture: 'LlamaForCausalLM', layers: 2, hiddenSize: 32, intermediateSize: 64, attentionHeads: 4, kvHeads: 2, headDim: 8,
    vocabSize: 96, maxModelLen: 1024, dtype: 'bfloat16', weightsBytes: 1000, tieWordEmbeddings: false,
  });
  expect(own).toMatchObject({ slidingLayers: 0, finalLogitSoftcapping: false, supportsFloat16: true, multimodal: false });
});
