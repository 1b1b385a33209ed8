import * as fs from 'node:fs';
import * as path from 'node:path';
import { Checkpoint, CheckpointIndex, checkpointOf, headerBytesOf, INDEX_FILE, nonEmpty, parseJson, shardsOf, Tensor, tensorsOf } from './checkpoint';
import { ServedWith } from './completeness';
import { filesOf, servedFilesOf } from './model-folder';
import { Refusal } from '../common/refusal';

/** Finds the safetensors that a server would load from a folder and reads their headers; an index without them is a plan's whole model. */
export function readCheckpoint(directory: string, servedWith: ServedWith = {}, predicts?: (tensor: string) => boolean): Checkpoint {
  const there = filesOf(directory);
  const index = there.includes(INDEX_FILE) ? parseFile<CheckpointIndex>(path.join(directory, INDEX_FILE)) : undefined;
  const hasWeights = there.some(file => /^[^/]+\.safetensors$/.test(file));
  const files = hasWeights ? servedFilesOf(directory, there, servedWith) : there;
  const shards = shardsOf(files, index);
  if (shards.length === 0) {
    throw noShards(directory, files);
  }
  const totalSize = index?.metadata?.total_size;
  if (!hasWeights && totalSize !== undefined) {
    return nonEmpty(directory, { totalBytes: totalSize });
  }
  const missing = shards.filter(shard => !files.includes(shard));
  if (missing.length > 0) {
    throw new Refusal(`${directory}: ${INDEX_FILE} names ${shards.length} files and ${missing.length} are missing: ${missing.join(', ')}. `
      + 'Finish the download, or leave only config.json and the index in the folder to plan from its total_size.');
  }
  return checkpointOf(directory, shards.flatMap(shard => readHeader(path.join(directory, shard))), index, predicts);
}

function noShards(directory: string, files: string[]): Error {
  if (files.includes(INDEX_FILE)) {
    return new Refusal(`${path.join(directory, INDEX_FILE)} has no weight_map, so it names no file. Download it again.`);
  }
  const pickles = files.filter(file => /\.(bin|pt|pth)$/.test(file));
  return new Refusal(pickles.length > 0
    ? `${directory} holds its weights as pickle only (${pickles.join(', ')}); sizes are read from safetensors headers. `
    + 'Convert the model with save_pretrained(..., safe_serialization=True), or describe it with Model.of(...).'
    : `${directory} holds no *.safetensors and no ${INDEX_FILE}. Download the weights, or at least the index.`);
}

/** The tensors themselves are not touched. */
function readHeader(file: string): Tensor[] {
  const size = fs.statSync(file).size;
  const handle = fs.openSync(file, 'r');
  try {
    const prefix = Buffer.alloc(8);
    const headerBytes = headerBytesOf(file, prefix.subarray(0, fs.readSync(handle, prefix, 0, 8, 0)), size);
    const header = Buffer.alloc(headerBytes);
    fs.readSync(handle, header, 0, headerBytes, 8);
    return tensorsOf(file, header, size - 8 - headerBytes);
  } finally {
    fs.closeSync(handle);
  }
}

export function parseFile<T>(file: string): T {
  return parseJson<T>(file, fs.readFileSync(file, 'utf8'));
}
