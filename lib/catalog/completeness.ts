import { Refusal } from '../common/refusal';
import names from '../workloads/shared/weights.json';
import { incompleteShards, INDEX_FILE, parseJson } from './checkpoint';
import { isServedFile } from './model-lock';

const ADAPTER = 'adapter_config.json';
const MODULES = 'modules.json';
const TEMPLATES = 'additional_chat_templates';
const TOKENIZER_CONFIG = 'tokenizer_config.json';
const NAMING_CODE = ['config.json', TOKENIZER_CONFIG, 'processor_config.json', 'preprocessor_config.json'];
/** Small files that say what a model consists of. */
export const TELLING_FILES = [MODULES, ...NAMING_CODE];
const NOT_WHOLE = ' It was not saved or not copied to its end, or this revision is not complete';
const NEEDED_BY: Readonly<Record<string, RegExp>> = {
  'config.json': /Pooling$|\.Dense$|\.LayerNorm$/, 'model.safetensors': /\.Dense$|\.LayerNorm$/,
};

/** What the server is told that decides which files of a model it needs. */
export interface ServedWith {
  /**
   * Whether the server runs the model's own code.
   * @default false
   */
  readonly trustRemoteCode?: boolean;
  /**
   * Whether the server runs with `--skip-tokenizer-init`, so that the model needs no tokenizer.
   * @default false
   */
  readonly skipTokenizerInit?: boolean;
}

/** A model as it lies in a repository or a folder. */
export interface Repository {
  /** Names it in refusals. */
  readonly id: string;
  readonly paths: readonly string[];
  /** What its telling files hold, by path. */
  readonly contents: ReadonlyMap<string, string>;
  /** How a person says it. */
  readonly say: { readonly [option in keyof Required<ServedWith>]: string };
}

/**
 * The files that a server needs, for plans of a folder and for locks. The loader asks the same (weights-loader/program/repository.py).
 *
 * @throws when they are not enough for one
 */
export function servedFiles(repository: Repository, { trustRemoteCode, skipTokenizerInit }: ServedWith): string[] {
  const { id, paths, say } = repository;
  if (paths.includes(ADAPTER)) {
    throw refusal(id, `is an adapter (${ADAPTER}), no model of its own; merge it into its model, and take that`);
  }
  let chosen = paths.filter(isServedFile);
  if (chosen.some(path => /^[^/]+\.safetensors$/.test(path) && !isNamed(path, 'secondCopy'))) {
    // The same weights as their maker names them.
    chosen = chosen.filter(path => !isNamed(path, 'secondCopy'));
  }
  const [incomplete] = chosen.includes(INDEX_FILE) ? [] : incompleteShards(chosen);
  if (incomplete) {
    const { pattern, total, missing } = incomplete;
    throw refusal(id, `has no ${INDEX_FILE} and ${total - missing.length} of the ${total} shards of ${pattern}: ${missing.slice(0, 3).join(', ')}`
      + ` ${missing.length > 1 ? 'are' : 'is'} missing.${NOT_WHOLE}`);
  }
  const folders = foldersOf(repository);
  chosen = chosen.filter(path => !path.includes('/') || folders.has(path.split('/')[0]));
  const ownTokenizer = checkCode(repository, trustRemoteCode === true);
  if (!skipTokenizerInit && !ownTokenizer && !chosen.some(path => isNamed(path, 'tokenizerFile'))) {
    throw refusal(id, `has no tokenizer; take a revision that has one, or say ${say.skipTokenizerInit} if the server runs with it`);
  }
  return chosen.filter(path => trustRemoteCode || !isNamed(path, 'codeFile'));
}

function isNamed(path: string, kind: 'secondCopy' | 'tokenizerFile' | 'codeFile'): boolean {
  return new RegExp(`^(?:${names[kind]})$`).test(path);
}

function refusal(id: string, problem: string): Refusal {
  return new Refusal(`${id} ${problem}`);
}

/** Folders that the server reads. */
function foldersOf({ id, paths, contents }: Repository): Set<string> {
  const folders = new Set([TEMPLATES]);
  if (!paths.includes(MODULES)) {
    return folders;
  }
  const modules = parseJson<{ readonly path?: unknown; readonly type?: unknown }[]>(`${id}/${MODULES}`, contents.get(MODULES)!);
  for (const { path, type } of Array.isArray(modules) ? modules : [{}]) {
    if (typeof path !== 'string' || typeof type !== 'string') {
      throw refusal(id, `has a ${MODULES} that makes no sense`);
    }
    const needed = path === '' ? [] : Object.entries(NEEDED_BY).filter(([, kinds]) => kinds.test(type)).map(([name]) => `${path}/${name}`);
    const lacking = needed.find(name => !paths.includes(name) || !isServedFile(name));
    if (lacking !== undefined) {
      throw refusal(id, `has a ${MODULES} that names ${path}, which has no ${lacking.slice(path.length + 1)} that can be loaded`);
    }
    folders.add(path);
  }
  return folders;
}

/** Whether its own code makes the tokenizer. */
function checkCode({ id, paths, contents, say }: Repository, trusted: boolean): boolean {
  let ofTokenizer = false;
  for (const where of NAMING_CODE.filter(name => paths.includes(name))) {
    const classes = classesIn(parseJson(`${id}/${where}`, contents.get(where)!));
    const missing = classes.find(name => name.includes('--') || !paths.includes(`${name.slice(0, name.lastIndexOf('.'))}.py`));
    const needed = trusted || where === TOKENIZER_CONFIG;
    if (missing !== undefined && (needed || !missing.includes('--'))) {
      throw refusal(id, `names code in ${where} (auto_map: ${missing}) that is not there.${NOT_WHOLE}`);
    }
    if (classes.length > 0 && needed && !trusted) {
      throw refusal(id, `has a tokenizer that is its own code (auto_map of ${where}: ${classes[0]}); read it, and say ${say.trustRemoteCode}`
        + ' if the server runs with it');
    }
    ofTokenizer ||= where === TOKENIZER_CONFIG && classes.length > 0;
  }
  return ofTokenizer;
}

function classesIn(config: { readonly auto_map?: unknown } | null): string[] {
  const map = config?.auto_map;
  return typeof map === 'object' && map !== null ? Object.values(map).flat().filter(name => typeof name === 'string') : [];
}
