import * as fs from 'node:fs';
import { sha256 } from '../common/digest';
import { isCommit } from '../common/names';
import { loadedBytes, nonEmpty, parseJson, TENSOR_PARTS, TensorBytes } from './checkpoint';
import { HuggingFaceConfig } from './hugging-face-config';
import { HUGGING_FACE_ID, modelFacts } from './hugging-face-model';
import { ModelFile, ModelProps } from './model-props';
import { Refusal } from '../common/refusal';
import names from '../workloads/shared/weights.json';

export const LOCK_VERSION = 1;

/**
 * A model at one commit, as it lies in a repository. What it says is tied to sha256 and size of the files, which the loader verifies
 * against the hub: `config` is config.json, and the tensors are what its safetensors hold behind their headers.
 */
export interface ModelLock {
  readonly lockVersion: number;
  readonly id: string;
  /** Commit, 40 hexadecimal digits. */
  readonly revision: string;
  readonly gated: boolean;
  readonly architecture: string;
  readonly files: readonly ModelFile[];
  readonly weights: {
    /** By file: bytes of the header of each safetensors file. */
    readonly headerBytes: { readonly [file: string]: number };
    readonly tensorBytes: TensorBytes;
  };
  /** The lines of config.json, so that its bytes can be told from its sha256. */
  readonly config: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

const AGAIN = 'Write it again with \'npx cdk8s-vllm lock <hugging-face-id>\'.';
const CONFIG_FILE = 'config.json';
/** A safetensors file begins with the length of its header. */
const LENGTH_BYTES = 8;
const SERVED_FILE = new RegExp(`^(?:${names.servedFile})$`);

/**
 * Whether vLLM may need a file to serve: weights, configuration, tokenizer, code; at the root or in a folder of an embedding's modules,
 * never a pickle. Code is loaded only when somebody trusts it.
 */
export function isServedFile(path: string): boolean {
  return path !== names.manifest && SERVED_FILE.test(path);
}

export function readModelLock(file: string): ModelProps {
  const found = fs.statSync(file, { throwIfNoEntry: false });
  if (found === undefined) {
    const looked = /^(?:\/|[A-Za-z]:)/.test(file) ? '' : ` in ${process.cwd()}, where the program was called`;
    throw new Refusal(`There is no model lock ${file}${looked}. Write it with 'npx cdk8s-vllm lock <hugging-face-id>', or give its path from __dirname.`);
  }
  if (found.isDirectory()) {
    throw new Refusal(`The model lock ${file} is a folder. Name the file in it, or take Model.fromDirectory for a folder with config.json.`);
  }
  return parseModelLock(file, fs.readFileSync(file, 'utf8'));
}

/** The same bytes for the same model, anywhere. */
export function formatModelLock({ id, revision, gated, architecture, files, weights, config }: Omit<ModelLock, 'lockVersion'>): string {
  const sorted = [...files].sort((a, b) => a.path < b.path ? -1 : 1).map(({ path, size, sha256 }) => ({ path, size, sha256 }));
  const tensorBytes = Object.fromEntries(TENSOR_PARTS.map(part => [part, byName(weights.tensorBytes[part])]));
  const lock = {
    lockVersion: LOCK_VERSION, id, revision, gated, architecture, files: sorted,
    weights: { headerBytes: byName(weights.headerBytes), tensorBytes }, config,
  };
  return `${JSON.stringify(lock, undefined, 2)}\n`;
}

/**
 * The model that a lock describes.
 *
 * @param name - names the lock in errors
 * @throws on a lock that is damaged or contradicts itself
 */
export function parseModelLock(name: string, text: string): ModelProps {
  const refuse = (problem: string): never => {
    throw new Refusal(`${name}: ${problem}. ${AGAIN}`);
  };
  const lock = parseJson<ModelLock>(name, text, AGAIN);
  checkFields(lock, refuse);
  checkFiles(lock.files, refuse);
  checkWeights(lock, refuse);
  const checkpoint = nonEmpty(name, { totalBytes: loadedBytes(lock.weights.tensorBytes), tensorBytes: lock.weights.tensorBytes });
  const config = new HuggingFaceConfig(parseConfig(name, lock, refuse), `${CONFIG_FILE} in ${name}`);
  const facts = modelFacts(config, checkpoint);
  if (facts.architecture !== lock.architecture) {
    refuse(`'architecture' is ${lock.architecture}, and its config.json says ${facts.architecture}`);
  }
  return { id: lock.id, revision: lock.revision, ...facts, gated: lock.gated, files: lock.files };
}

type Refuse = (problem: string) => never;

function checkFields(lock: ModelLock, refuse: Refuse): void {
  if (isObject(lock) && lock.lockVersion !== LOCK_VERSION) {
    refuse(`'lockVersion' (${show(lock.lockVersion)}) is not ${LOCK_VERSION}, the one that this version of cdk8s-vllm reads`);
  }
  checkKeys('the lock', lock, ['lockVersion', 'id', 'revision', 'gated', 'architecture', 'files', 'weights', 'config'], refuse);
  if (typeof lock.id !== 'string' || !HUGGING_FACE_ID.test(lock.id)) {
    refuse(`'id' (${show(lock.id)}) is no Hugging Face id such as google/gemma-2-9b-it`);
  }
  if (!isCommit(lock.revision)) {
    refuse(`'revision' (${show(lock.revision)}) is no commit of 40 hexadecimal digits`);
  }
  if (typeof lock.gated !== 'boolean') {
    refuse(`'gated' (${show(lock.gated)}) is neither true nor false`);
  }
}

function checkFiles(files: ModelLock['files'], refuse: Refuse): void {
  if (!Array.isArray(files)) {
    refuse('\'files\' is no list');
  }
  for (const file of files) {
    checkKeys('a file', file, ['path', 'size', 'sha256'], refuse);
    if (typeof file.path !== 'string' || !isServedFile(file.path)) {
      refuse(`'files' names ${show(file.path)}, which is no file that a server needs: *.safetensors, *.json, *.py and those of the tokenizer,`
        + ' in no folder but those of an embedding\'s modules');
    }
    checkBytes(`'size' of ${file.path}`, file.size, refuse);
    if (typeof file.sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(file.sha256)) {
      refuse(`'sha256' of ${file.path} (${show(file.sha256)}) has not 64 hexadecimal digits`);
    }
  }
  const paths = files.map(file => file.path);
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  if (twice) {
    refuse(`'files' names ${twice} twice`);
  }
}

/** The safetensors hold their headers and their tensors, to the byte. */
function checkWeights({ files, weights }: ModelLock, refuse: Refuse): void {
  checkKeys('\'weights\'', weights, ['headerBytes', 'tensorBytes'], refuse);
  const shards = files.filter(file => file.path.endsWith('.safetensors'));
  checkKeys('\'headerBytes\'', weights.headerBytes, shards.map(shard => shard.path), refuse);
  checkKeys('\'tensorBytes\'', weights.tensorBytes, TENSOR_PARTS, refuse);
  let tensorBytes = 0;
  for (const part of TENSOR_PARTS) {
    if (!isObject(weights.tensorBytes[part])) {
      refuse(`'${part}' of 'tensorBytes' (${show(weights.tensorBytes[part])}) is no object`);
    }
    for (const [dtype, bytes] of Object.entries(weights.tensorBytes[part])) {
      tensorBytes += checkBytes(`${dtype} of '${part}'`, bytes, refuse);
    }
  }
  const dataBytes = shards.map(shard =>
    shard.size - LENGTH_BYTES - checkBytes(`'headerBytes' of ${shard.path}`, weights.headerBytes[shard.path], refuse));
  const announced = dataBytes.reduce((sum, bytes) => sum + bytes, 0);
  if (dataBytes.some(bytes => bytes < 0) || announced !== tensorBytes) {
    refuse(`its safetensors leave ${announced} bytes behind their headers, and its tensors take ${tensorBytes}; it was edited by hand,`
      + ' or is of another commit');
  }
}

function parseConfig(name: string, { files, config }: ModelLock, refuse: Refuse): Record<string, unknown> {
  if (!Array.isArray(config) || config.some(line => typeof line !== 'string')) {
    refuse('\'config\' is no list of lines');
  }
  const text = config.join('\n');
  const file = files.find(({ path }) => path === CONFIG_FILE);
  if (!file || file.size !== Buffer.byteLength(text) || file.sha256 !== sha256(text)) {
    refuse(`'config' is not the config.json that 'files' names: ${Buffer.byteLength(text)} bytes with sha256 ${sha256(text)}, not`
      + ` ${file ? `${file.size} with ${file.sha256}` : 'there'}`);
  }
  return parseJson(`${CONFIG_FILE} in ${name}`, text, AGAIN);
}

function checkKeys(what: string, value: unknown, keys: readonly string[], refuse: Refuse): void {
  const found = isObject(value) ? Object.keys(value) : refuse(`${what} (${show(value)}) is no object`);
  const wrong = [...keys.filter(key => !found.includes(key)).map(key => `lacks ${key}`),
    ...found.filter(key => !keys.includes(key)).map(key => `has ${key}, which means nothing there`)];
  if (wrong.length > 0) {
    refuse(`${what} ${wrong[0]}`);
  }
}

function checkBytes(what: string, value: unknown, refuse: Refuse): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? value
    : refuse(`${what} (${show(value)}) is no whole number of bytes`);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A wrong value, so short that it fits into a sentence. */
function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'missing').slice(0, 80);
}

function byName<T>(values: { readonly [name: string]: T }): { [name: string]: T } {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => a < b ? -1 : 1));
}
