import { Refusal } from '../common/refusal';
import names from '../workloads/shared/weights.json';

export interface Tensor {
  readonly name: string;
  /** As the safetensors format writes it: `BF16`, `F8_E4M3`, `U8`. */
  readonly dtype: string;
  readonly shape: number[];
  readonly bytes: number;
}

/** `model.safetensors.index.json` */
export interface CheckpointIndex {
  readonly metadata?: { readonly total_size?: number };
  readonly weight_map?: Readonly<Record<string, string>>;
}

/** What a tensor is to a plan; `unused` are those that no server loads: the index does not name them, or they predict further tokens. */
export const TENSOR_PARTS = ['linear', 'outputHead', 'other', 'unused'] as const;
export type TensorPart = typeof TENSOR_PARTS[number];
/** Bytes by part and dtype: all that a plan takes from the headers. */
export type TensorBytes = { readonly [part in TensorPart]: { readonly [dtype: string]: number } };

export interface Checkpoint {
  readonly totalBytes: number;
  /** Absent when there is only an index without its shards. */
  readonly tensorBytes?: TensorBytes;
  /** Tensors that a server loads; absent where nobody has read the headers. */
  readonly tensors?: readonly Tensor[];
}

export const INDEX_FILE = 'model.safetensors.index.json';
/** The limit of the format itself: https://github.com/huggingface/safetensors/blob/main/safetensors/src/tensor.rs */
const MAX_HEADER_BYTES = 100_000_000;

const OUTPUT_HEAD = /(^|\.)lm_head\.weight$/;
/** What `--quantization` leaves alone: embeddings, heads, norms, routers and towers. */
const NOT_QUANTIZABLE = /embed|lm_head|norm|\.gate\.weight$|router|vision|visual|audio|multi_modal|conv/;

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}

/** What peft and others call the halves of an adapter. */
const LORA = /\.lora_[AB]\b|lora_(A|B|down|up)\./;
/** https://github.com/huggingface/huggingface_hub, FILENAME_PATTERN. */
const NUMBERED = new RegExp(`^${names.numberedShard}$`);

/** Shards that have a number in their names, which say how many there are. */
export interface NumberedShards {
  /** What they are called, with `*` for the number. */
  readonly pattern: string;
  readonly total: number;
  readonly missing: readonly string[];
}

/** Those whose names announce more than there are: where no index names them, the last shard of a save that was killed is missing. */
export function incompleteShards(paths: readonly string[]): NumberedShards[] {
  const found = paths.map(path => NUMBERED.exec(path)).filter(parts => parts !== null);
  const patterns = new Map(found.map(([, stem, , total]) => [`${stem}-*-of-${total}.safetensors`, Number(total)]));
  return [...patterns].map(([pattern, total]) => {
    const announced = Array.from({ length: total }, (_, index) => pattern.replace('*', String(index + 1).padStart(5, '0')));
    return { pattern, total, missing: announced.filter(name => !paths.includes(name)) };
  }).filter(({ missing }) => missing.length > 0);
}

/** The safetensors that a server loads, out of the files of a folder. */
export function shardsOf(files: readonly string[], index?: CheckpointIndex): string[] {
  if (index) {
    // those of an embedding's modules are in no index
    const ofModules = files.filter(file => /^[^/]+\/.*\.safetensors$/.test(file));
    return [...new Set(Object.values(index.weight_map ?? {})), ...ofModules].sort();
  }
  // consolidated.safetensors is the same model in its maker's own naming: both together would count every weight twice
  const shards = files.filter(file => file.endsWith('.safetensors')).sort();
  const named = shards.filter(shard => !shard.startsWith('consolidated'));
  return named.length > 0 ? named : shards;
}

/** A safetensors file is 8 bytes of header length, the header as JSON, then the tensors. */
export function headerBytesOf(file: string, firstBytes: Buffer, size: number): number {
  const headerBytes = firstBytes.length >= 8 ? Number(firstBytes.readBigUInt64LE()) : 0;
  if (firstBytes.length < 8 || headerBytes > MAX_HEADER_BYTES || headerBytes > size - 8) {
    throw new Refusal(`${file}: a header of ${headerBytes} bytes does not fit into a file of ${size} bytes. `
      + 'The file is cut short or no safetensors file: download it again.');
  }
  return headerBytes;
}

export function tensorsOf(file: string, header: Buffer, dataBytes: number): Tensor[] {
  const entries = Object.entries(parseJson<Record<string, HeaderEntry>>(file, header.toString('utf8')))
    .filter(([name]) => name !== '__metadata__');
  const broken = entries.find(([, entry]) => !isHeaderEntry(entry));
  if (broken) {
    throw new Refusal(`${file}: the header does not give dtype, shape and data_offsets of tensor ${broken[0]}. `
      + 'The file is damaged: download it again.');
  }
  const end = entries.reduce((furthest, [, entry]) => Math.max(furthest, entry.data_offsets[1]), 0);
  if (end > dataBytes) {
    throw new Refusal(`${file}: the header announces ${end} bytes of tensors, the file holds ${dataBytes}. `
      + 'The download was cut short: resume it.');
  }
  const tensors = entries.map(([name, { dtype, shape, data_offsets: [from, to] }]) => ({ name, dtype, shape, bytes: to - from }));
  // the format leaves no hole, so whatever is neither named nor counted twice shows here
  const bytes = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
  if (bytes !== dataBytes) {
    throw new Refusal(`${file}: the tensors of the header take ${bytes} of the ${dataBytes} bytes behind it. `
      + 'The file is damaged: download it again.');
  }
  return tensors;
}

/**
 * Bytes of tensors by what they are to a plan.
 *
 * @param where - names the checkpoint in errors
 * @throws when the index names tensors that there are not, and on empty ones
 */
export function checkpointOf(
  where: string, tensors: readonly Tensor[], index?: CheckpointIndex, predicts: (tensor: string) => boolean = () => false,
): Checkpoint {
  const adapter = tensors.find(tensor => LORA.test(tensor.name));
  if (adapter) {
    throw new Refusal(`${where}: ${adapter.name} is a part of an adapter, not of a model. Merge the adapter into its model, or serve the model.`);
  }
  const weightMap = index?.weight_map;
  const found = new Set(tensors.map(tensor => tensor.name));
  const lost = Object.keys(weightMap ?? {}).find(name => !found.has(name));
  if (lost) {
    throw new Refusal(`${where}: ${INDEX_FILE} puts tensor ${lost} into ${weightMap![lost]}, which does not hold it. `
      + 'Index and files are of different revisions: download both again.');
  }
  const tensorBytes: { [part in TensorPart]: { [dtype: string]: number } } = { linear: {}, outputHead: {}, other: {}, unused: {} };
  const loaded = new Set(tensors.filter(({ name }) => (!weightMap || Object.hasOwn(weightMap, name)) && !predicts(name)));
  for (const tensor of tensors) {
    const part = tensorBytes[loaded.has(tensor) ? partOf(tensor) : 'unused'];
    part[tensor.dtype] = (part[tensor.dtype] ?? 0) + tensor.bytes;
  }
  return nonEmpty(where, { totalBytes: loadedBytes(tensorBytes), tensorBytes, tensors: [...loaded] });
}

export function nonEmpty(where: string, checkpoint: Checkpoint): Checkpoint {
  if (!(checkpoint.totalBytes > 0)) {
    throw new Refusal(`${where}: the safetensors hold ${checkpoint.totalBytes} bytes of weights. `
      + 'Download the model again: its tensors are empty.');
  }
  return checkpoint;
}

/** Bytes of what a server loads. */
export function loadedBytes({ linear, outputHead, other }: TensorBytes): number {
  return [linear, outputHead, other].flatMap(part => Object.values(part)).reduce((sum, bytes) => sum + bytes, 0);
}

/** Python writes numbers that JSON has not; outside of strings they become what a JavaScript number makes of them. */
const PYTHON_NUMBERS = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

function withoutPythonNumbers(text: string): string {
  return text.replace(PYTHON_NUMBERS, found => found.startsWith('"') ? found : found === 'NaN' ? 'null' : found.replace('Infinity', '1e999'));
}

export function parseJson<T>(file: string, text: string, advice = 'Download it again.'): T {
  try {
    // most files have none, and an index may have megabytes
    return JSON.parse(/NaN|Infinity/.test(text) ? withoutPythonNumbers(text) : text) as T;
  } catch (error) {
    throw new Refusal(`${file} is no valid JSON: ${(error as Error).message}. ${advice}`);
  }
}

function isHeaderEntry(entry: HeaderEntry): boolean {
  const sizes = [entry.shape, entry.data_offsets];
  return typeof entry.dtype === 'string' && entry.data_offsets?.length === 2
    && sizes.every(list => Array.isArray(list) && list.every(size => Number.isSafeInteger(size) && size >= 0));
}

function partOf({ name, shape }: Tensor): TensorPart {
  return OUTPUT_HEAD.test(name) ? 'outputHead' : shape.length >= 2 && !NOT_QUANTIZABLE.test(name) ? 'linear' : 'other';
}
