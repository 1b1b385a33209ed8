import { incompleteShards, INDEX_FILE, parseJson } from '../catalog/checkpoint';
import { isServedFile } from '../catalog/model-lock';
import names from '../workloads/shared/weights.json';
import { ExitCode, Failure } from './failure';

const ADAPTER = 'adapter_config.json';
const MODULES = 'modules.json';
const TEMPLATES = 'additional_chat_templates';
const TOKENIZER_CONFIG = 'tokenizer_config.json';
const NAMING_CODE = ['config.json', TOKENIZER_CONFIG, 'processor_config.json', 'preprocessor_config.json'];
const NEEDED_BY: Readonly<Record<string, RegExp>> = {
  'config.json': /Pooling$|\.Dense$|\.LayerNorm$/, 'model.safetensors': /\.Dense$|\.LayerNorm$/,
};

/** What the server will be told that decides which files it needs. */
export interface ServedWith {
  /** It runs the model's own code, which is locked as well. */
  readonly trustRemoteCode?: boolean;
  /** It needs no tokenizer. */
  readonly skipTokenizerInit?: boolean;
}

/** A repository: its files, and what a small one of them holds. */
export interface Repository {
  readonly id: string;
  readonly paths: readonly string[];
  readonly read: (path: string) => Promise<string>;
}

/**
 * The files that a server needs. The loader asks the same (weights-loader/program/repository.py).
 *
 * @throws when they are not enough for one
 */
export async function servedFiles(repository: Repository, { trustRemoteCode, skipTokenizerInit }: ServedWith): Promise<string[]> {
  const { id, paths } = repository;
  if (paths.includes(ADAPTER)) {
    throw refusal(id, `is an adapter (${ADAPTER}), no model of its own; merge it into its model, and lock that`);
  }
  let chosen = paths.filter(isServedFile);
  if (chosen.some(path => /^[^/]+\.safetensors$/.test(path) && !isNamed(path, 'secondCopy'))) {
    // The same weights as their maker names them.
    chosen = chosen.filter(path => !isNamed(path, 'secondCopy'));
  }
  const [incomplete] = chosen.includes(INDEX_FILE) ? [] : incompleteShards(chosen);
  if (incomplete) {
    throw refusal(id, `has no ${INDEX_FILE} and ${incomplete.total - incomplete.missing.length} of the ${incomplete.total} shards of ${incomplete.pattern}.`
      + ' The repository is not complete at this revision');
  }
  const folders = await foldersOf(repository);
  chosen = chosen.filter(path => !path.includes('/') || folders.has(path.split('/')[0]));
  const ownTokenizer = await checkCode(repository, trustRemoteCode === true);
  if (!skipTokenizerInit && !ownTokenizer && !chosen.some(path => isNamed(path, 'tokenizerFile'))) {
    throw refusal(id, 'has no tokenizer; take a revision that has one, or say --skip-tokenizer-init if the server runs with it');
  }
  return chosen.filter(path => trustRemoteCode || !isNamed(path, 'codeFile'));
}

function isNamed(path: string, kind: 'secondCopy' | 'tokenizerFile' | 'codeFile'): boolean {
  return new RegExp(`^(?:${names[kind]})$`).test(path);
}

function refusal(id: string, problem: string): Failure {
  return new Failure(ExitCode.DATA, `${id} ${problem}`);
}

/** Folders that the server reads. */
async function foldersOf({ id, paths, read }: Repository): Promise<Set<string>> {
  const folders = new Set([TEMPLATES]);
  if (!paths.includes(MODULES)) {
    return folders;
  }
  const modules = parseJson<{ readonly path?: unknown; readonly type?: unknown }[]>(MODULES, await read(MODULES));
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
async function checkCode({ id, paths, read }: Repository, trusted: boolean): Promise<boolean> {
  let ofTokenizer = false;
  for (const where of NAMING_CODE.filter(name => paths.includes(name))) {
    const classes = classesIn(parseJson(where, await read(where)));
    const missing = classes.find(name => name.includes('--') || !paths.includes(`${name.slice(0, name.lastIndexOf('.'))}.py`));
    const needed = trusted || where === TOKENIZER_CONFIG;
    if (missing !== undefined && (needed || !missing.includes('--'))) {
      throw refusal(id, `names code in ${where} (auto_map: ${missing}) that is not there. The repository is not complete at this revision`);
    }
    if (classes.length > 0 && needed && !trusted) {
      throw refusal(id, `has a tokenizer that is its own code (auto_map of ${where}: ${classes[0]}); read it, and say --trust-remote-code if the`
        + ' server runs with it');
    }
    ofTokenizer ||= where === TOKENIZER_CONFIG && classes.length > 0;
  }
  return ofTokenizer;
}

function classesIn(config: { readonly auto_map?: unknown } | null): string[] {
  const map = config?.auto_map;
  return typeof map === 'object' && map !== null ? Object.values(map).flat().filter(name => typeof name === 'string') : [];
}
