/** Small checkpoints, and what is wrong with each; nothing where a server can serve it. */
export interface Checkpoint {
  readonly name: string;
  readonly files: { readonly [path: string]: Buffer };
  readonly refused?: RegExp;
  /** Files that are loaded although they are in no plain checkpoint, or are not although they are there. */
  readonly loaded?: readonly string[];
  readonly left?: readonly string[];
  readonly trustRemoteCode?: boolean;
  readonly skipTokenizerInit?: boolean;
}

export function safetensors(bytes = 4, name = 'weight'): Buffer {
  const header = Buffer.from(JSON.stringify({ [name]: { dtype: 'U8', shape: [bytes], data_offsets: [0, bytes] } }));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([size, header, Buffer.alloc(bytes)]);
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const CONFIG = {
  architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3', num_hidden_layers: 1, hidden_size: 8, intermediate_size: 16, num_attention_heads: 2,
  num_key_value_heads: 2, head_dim: 4, vocab_size: 64, max_position_embeddings: 128, torch_dtype: 'bfloat16', tie_word_embeddings: true,
};
const BASE = { 'config.json': json(CONFIG), 'tokenizer.json': json({}) };
const WHOLE = { ...BASE, 'model.safetensors': safetensors() };
const shards = (total: number, numbers: readonly number[], stem = 'model') => Object.fromEntries(numbers.map(number =>
  [`${stem}-${`${number}`.padStart(5, '0')}-of-${`${total}`.padStart(5, '0')}.safetensors`, safetensors(4, `${stem}${number}`)]));
const index = (files: { readonly [path: string]: Buffer }) => ({
  'model.safetensors.index.json': json({ weight_map: Object.fromEntries(Object.keys(files).map((path, place) => [`model${place + 1}`, path])) }),
});
const code = (auto_map: unknown) => json({ ...CONFIG, auto_map });
const OWN_CONFIG = { AutoConfig: 'configuration_x.XConfig', AutoModel: 'modeling_x.XModel' };
const OWN_TOKENIZER = { AutoTokenizer: ['tokenization_x.XTokenizer', null] };
const py = (...names: string[]) => Object.fromEntries(names.map(name => [`${name}.py`, Buffer.from('import os\n')]));
const modules = (...parts: [string, string][]) => ({
  'modules.json': json(parts.map(([path, type], idx) => ({ idx, name: `${idx}`, path, type: `sentence_transformers.models.${type}` }))),
});

const INCOMPLETE = [[4, [1]], [4, [1, 2, 3]], [4, [4]], [2, [2]], [2, [1]], [3, [1, 3]], [100, [1, 2]], [99999, [1]]] as const;
const WRONG_SHARDS: Checkpoint[] = INCOMPLETE.map(([total, numbers]) => ({
  name: `${numbers.join()} of ${total} without an index`, files: { ...BASE, ...shards(total, numbers) }, refused: new RegExp(`${numbers.length} of the ${total} shards`),
}));
const RIGHT_SHARDS: Checkpoint[] = [1, 2, 5].map((total) => {
  const all = shards(total, Array.from({ length: total }, (_, number) => number + 1));
  return { name: `all of ${total} without an index`, files: { ...BASE, ...all }, loaded: Object.keys(all) };
});
const TOKENIZERS: Checkpoint[] = ['tokenizer.model', 'tekken.json', 'vocab.json', 'vocab.txt', 'qwen.tiktoken', 'spiece.model', 'sentencepiece.bpe.model'].map(path => ({
  name: `the tokenizer ${path}`, files: { 'config.json': json(CONFIG), 'model.safetensors': safetensors(), [path]: Buffer.from('{}') }, loaded: [path],
}));
const NO_TOKENIZERS: Checkpoint[] = [[], ['tokenizer_config.json'], ['special_tokens_map.json', 'added_tokens.json'], ['merges.txt'], ['generation_config.json']].map(paths => ({
  name: `no tokenizer but ${paths.join() || 'nothing'}`, refused: /has no tokenizer/,
  files: { 'config.json': json(CONFIG), 'model.safetensors': safetensors(), ...Object.fromEntries(paths.map(path => [path, Buffer.from('{}')])) },
}));
const TEMPLATES: Checkpoint[] = ['chat_template.jinja', 'chat_template.json', 'preprocessor_config.json', 'processor_config.json', 'video_preprocessor_config.json',
  'additional_chat_templates/tool_use.jinja', 'generation_config.json', 'added_tokens.json', 'merges.txt'].map(path => ({
  name: `with ${path}`, files: { ...WHOLE, [path]: Buffer.from('{}') }, loaded: [path],
}));
const LEFT: Checkpoint[] = ['README.md', 'pytorch_model.bin', 'model.gguf', 'original/model.safetensors', 'onnx/model.onnx', 'optimizer.pt', '3_Extra/config.json',
  'modeling_x.py'].map(path => ({ name: `beside ${path}`, files: { ...WHOLE, [path]: safetensors() }, left: [path] }));

const twoShards = shards(2, [1, 2]);
export const CHECKPOINTS: readonly Checkpoint[] = [
  { name: 'a plain one', files: WHOLE, loaded: ['model.safetensors'] },
  ...WRONG_SHARDS, ...RIGHT_SHARDS, ...TOKENIZERS, ...NO_TOKENIZERS, ...TEMPLATES, ...LEFT,
  { name: 'no tokenizer, as was said', files: { 'config.json': json(CONFIG), 'model.safetensors': safetensors() }, skipTokenizerInit: true },
  { name: 'an index of all its shards', files: { ...BASE, ...twoShards, ...index(twoShards) }, loaded: Object.keys(twoShards) },
  { name: 'an adapter', files: { 'config.json': json(CONFIG), 'tokenizer.json': json({}), 'adapter_config.json': json({}), 'adapter_model.safetensors': safetensors() },
    refused: /is an adapter/ },
  { name: 'an adapter beside its model', files: { ...WHOLE, 'adapter_config.json': json({}), 'adapter_model.safetensors': safetensors() }, refused: /is an adapter/ },
  { name: 'pickles alone', files: { ...BASE, 'pytorch_model.bin': Buffer.from('x') }, refused: /no (\*\.)?safetensors|as pickle only/ },
  { name: 'no config.json', files: { 'tokenizer.json': json({}), 'model.safetensors': safetensors() }, refused: /no config\.json/ },
  { name: 'the weights twice', files: { ...WHOLE, 'consolidated.safetensors': safetensors() }, loaded: ['model.safetensors'], left: ['consolidated.safetensors'] },
  { name: 'the weights twice, in shards', loaded: Object.keys(twoShards), left: ['consolidated-00001-of-00002.safetensors', 'consolidated-00002-of-00002.safetensors', 'consolidated.safetensors.index.json'],
    files: { ...BASE, ...twoShards, ...index(twoShards), ...shards(2, [1, 2], 'consolidated'), 'consolidated.safetensors.index.json': json({ weight_map: {} }) } },
  { name: 'half of the second copy', files: { ...WHOLE, ...shards(2, [1], 'consolidated') }, left: ['consolidated-00001-of-00002.safetensors'] },
  { name: 'only the maker\'s own names', files: { ...BASE, 'consolidated.safetensors': safetensors() }, loaded: ['consolidated.safetensors'] },
  { name: 'half of the maker\'s own names', files: { ...BASE, ...shards(2, [1], 'consolidated') }, refused: /1 of the 2 shards/ },
  { name: 'code that is not there', files: { ...WHOLE, 'config.json': code(OWN_CONFIG) }, refused: /auto_map: configuration_x\.XConfig\) that is not there/ },
  { name: 'half of its code', files: { ...WHOLE, 'config.json': code(OWN_CONFIG), ...py('configuration_x') }, refused: /auto_map: modeling_x\.XModel\) that is not there/ },
  { name: 'code that is not allowed', files: { ...WHOLE, 'config.json': code(OWN_CONFIG), ...py('configuration_x', 'modeling_x') }, left: ['modeling_x.py'] },
  { name: 'code that is allowed', files: { ...WHOLE, 'config.json': code(OWN_CONFIG), ...py('configuration_x', 'modeling_x', 'helper') }, trustRemoteCode: true,
    loaded: ['configuration_x.py', 'modeling_x.py', 'helper.py'] },
  { name: 'code of another repository', files: { ...WHOLE, 'config.json': code({ AutoConfig: 'org/x--configuration_x.XConfig' }) }, loaded: ['model.safetensors'] },
  { name: 'allowed code of another repository', trustRemoteCode: true, refused: /that is not there/,
    files: { ...WHOLE, 'config.json': code({ AutoConfig: 'org/x--configuration_x.XConfig' }) } },
  { name: 'a tokenizer of code', files: { ...WHOLE, 'tokenizer_config.json': code(OWN_TOKENIZER), ...py('tokenization_x') }, refused: /its own code .*(--trust-remote-code|trustRemoteCode)/ },
  { name: 'a tokenizer of code that is not there', files: { ...WHOLE, 'tokenizer_config.json': code(OWN_TOKENIZER) }, refused: /that is not there/ },
  { name: 'a tokenizer of allowed code alone', trustRemoteCode: true, loaded: ['tokenization_x.py'],
    files: { 'config.json': json(CONFIG), 'model.safetensors': safetensors(), 'tokenizer_config.json': code(OWN_TOKENIZER), ...py('tokenization_x') } },
  { name: 'a processor of code that is not there', files: { ...WHOLE, 'processor_config.json': code({ AutoProcessor: 'processing_x.XProcessor' }) },
    refused: /processor_config\.json .*that is not there/ },
  { name: 'an auto_map that is none', files: { ...WHOLE, 'config.json': code(null) }, loaded: ['config.json'] },
  { name: 'an embedding', loaded: ['1_Pooling/config.json', 'modules.json'],
    files: { ...WHOLE, ...modules(['', 'Transformer'], ['1_Pooling', 'Pooling'], ['2_Normalize', 'Normalize']), '1_Pooling/config.json': json({}) } },
  { name: 'an embedding without its pooling', files: { ...WHOLE, ...modules(['', 'Transformer'], ['1_Pooling', 'Pooling']) }, refused: /names 1_Pooling, which has no config\.json/ },
  { name: 'an embedding with a dense layer', loaded: ['2_Dense/config.json', '2_Dense/model.safetensors'], left: ['2_Dense/pytorch_model.bin'],
    files: { ...WHOLE, ...modules(['', 'Transformer'], ['2_Dense', 'Dense']), '2_Dense/config.json': json({}), '2_Dense/model.safetensors': safetensors(4, 'linear'),
      '2_Dense/pytorch_model.bin': Buffer.from('x') } },
  { name: 'an embedding with a pickled layer', refused: /names 2_Dense, which has no model\.safetensors/,
    files: { ...WHOLE, ...modules(['', 'Transformer'], ['2_Dense', 'Dense']), '2_Dense/config.json': json({}), '2_Dense/pytorch_model.bin': Buffer.from('x') } },
  { name: 'modules that make no sense', files: { ...WHOLE, 'modules.json': json([{ idx: 0 }]) }, refused: /modules\.json that makes no sense/ },
  { name: 'an empty list of modules', files: { ...WHOLE, 'modules.json': json([]) }, loaded: ['modules.json'] },
];
