import * as fs from 'node:fs';
import * as path from 'node:path';

export interface Tensor {
  readonly name: string;
  /** As the safetensors format writes it: `BF16`, `F8_E4M3`, `U8`. */
  readonly dtype: string;
  readonly shape: number[];
  readonly bytes: number;
}

export interface Checkpoint {
  readonly totalBytes: number;
  /** Absent when the folder has the index but none of its shards. */
  readonly tensors?: Tensor[];
}

interface Index {
  readonly metadata?: { readonly total_size?: number };
  readonly weight_map: Record<string, string>;
}

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}

const INDEX_FILE = 'model.safetensors.index.json';
/** The limit of the format itself: https://github.com/huggingface/safetensors/blob/main/safetensors/src/tensor.rs */
const MAX_HEADER_BYTES = 100_000_000;

/** Finds the safetensors that a server would load and reads their headers. */
export function readCheckpoint(directory: string): Checkpoint {
  const files = fs.readdirSync(directory).sort();
  const shards = files.filter(file => file.endsWith('.safetensors'));
  const checkpoint = files.includes(INDEX_FILE) ? readIndexed(directory, shards) : readUnindexed(directory, shards, files);
  if (!(checkpoint.totalBytes > 0)) {
    throw new Error(`${directory}: the safetensors hold ${checkpoint.totalBytes} bytes of weights. `
      + 'Download the model again: its tensors are empty.');
  }
  return checkpoint;
}

function readIndexed(directory: string, present: string[]): Checkpoint {
  const index: Index = readJson(path.join(directory, INDEX_FILE));
  const shards = [...new Set(Object.values(index.weight_map ?? {}))].sort();
  if (shards.length === 0) {
    throw new Error(`${path.join(directory, INDEX_FILE)} has no weight_map, so it names no file. Download it again.`);
  }
  const missing = shards.filter(shard => !present.includes(shard));
  const totalSize = index.metadata?.total_size;
  if (missing.length === shards.length && totalSize !== undefined) {
    return { totalBytes: totalSize };
  }
  if (missing.length > 0) {
    throw new Error(`${directory}: ${INDEX_FILE} names ${shards.length} files and ${missing.length} are missing: ${missing.join(', ')}. `
      + 'Finish the download, or leave only config.json and the index in the folder to plan from its total_size.');
  }
  const tensors = shards.flatMap(shard => readHeader(path.join(directory, shard)))
    .filter(tensor => tensor.name in index.weight_map);
  const found = new Set(tensors.map(tensor => tensor.name));
  const lost = Object.keys(index.weight_map).find(name => !found.has(name));
  if (lost) {
    throw new Error(`${directory}: ${INDEX_FILE} puts tensor ${lost} into ${index.weight_map[lost]}, which does not hold it. `
      + 'Index and files are of different revisions: download both again.');
  }
  return { totalBytes: sum(tensors), tensors };
}

function readUnindexed(directory: string, shards: string[], files: string[]): Checkpoint {
  // consolidated.safetensors is the same model in its maker's own naming: both together would count every weight twice
  const named = shards.filter(shard => !shard.startsWith('consolidated'));
  const used = named.length > 0 ? named : shards;
  if (used.length === 0) {
    const pickles = files.filter(file => /\.(bin|pt|pth)$/.test(file));
    throw new Error(pickles.length > 0
      ? `${directory} holds its weights as pickle only (${pickles.join(', ')}); sizes are read from safetensors headers. `
      + 'Convert the model with save_pretrained(..., safe_serialization=True), or describe it with Model.of(...).'
      : `${directory} holds no *.safetensors and no ${INDEX_FILE}. Download the weights, or at least the index.`);
  }
  const tensors = used.flatMap(shard => readHeader(path.join(directory, shard)));
  return { totalBytes: sum(tensors), tensors };
}

/** A safetensors file is 8 bytes of header length, the header as JSON, then the tensors, which are not touched here. */
function readHeader(file: string): Tensor[] {
  const size = fs.statSync(file).size;
  const handle = fs.openSync(file, 'r');
  try {
    const prefix = Buffer.alloc(8);
    const read = fs.readSync(handle, prefix, 0, 8, 0);
    const headerBytes = read === 8 ? Number(prefix.readBigUInt64LE()) : 0;
    if (read < 8 || headerBytes > MAX_HEADER_BYTES || headerBytes > size - 8) {
      throw new Error(`${file}: a header of ${headerBytes} bytes does not fit into a file of ${size} bytes. `
        + 'The file is cut short or no safetensors file: download it again.');
    }
    const header = Buffer.alloc(headerBytes);
    fs.readSync(handle, header, 0, headerBytes, 8);
    return parseHeader(file, header.toString('utf8'), size - 8 - headerBytes);
  } finally {
    fs.closeSync(handle);
  }
}

function parseHeader(file: string, header: string, dataBytes: number): Tensor[] {
  const entries = Object.entries(parseJson(file, header) as Record<string, HeaderEntry>)
    .filter(([name]) => name !== '__metadata__');
  const end = entries.reduce((furthest, [, entry]) => Math.max(furthest, entry.data_offsets[1]), 0);
  if (end > dataBytes) {
    throw new Error(`${file}: the header announces ${end} bytes of tensors, the file holds ${dataBytes}. `
      + 'The download was cut short: resume it.');
  }
  return entries.map(([name, { dtype, shape, data_offsets: [from, to] }]) => ({ name, dtype, shape, bytes: to - from }));
}

export function readJson<T>(file: string): T {
  return parseJson(file, fs.readFileSync(file, 'utf8')) as T;
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is no valid JSON: ${(error as Error).message}. Download it again.`);
  }
}

function sum(tensors: Tensor[]): number {
  return tensors.reduce((bytes, tensor) => bytes + tensor.bytes, 0);
}
