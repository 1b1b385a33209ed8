import { CheckpointIndex, checkpointOf, headerBytesOf, INDEX_FILE, parseJson, shardsOf, Tensor, tensorsOf } from '../catalog/checkpoint';
import { ServedWith, servedFiles, TELLING_FILES } from '../catalog/completeness';
import { HuggingFaceConfig } from '../catalog/hugging-face-config';
import { modelFacts } from '../catalog/hugging-face-model';
import { formatModelLock } from '../catalog/model-lock';
import { VllmRelease } from '../catalog';
import { sha256 } from '../common/digest';
import { orRefusal, Refusal } from '../common/refusal';
import { ExitCode, Failure } from './failure';
import { HubConnection } from './hub-connection';
import { HubFile, HubModel } from './hub-model';

/** Most headers are shorter, so that one request is enough. */
const FIRST_BYTES = 128 * 1024;
const AT_ONCE = 8;

interface Header {
  readonly headerBytes: number;
  readonly tensors: Tensor[];
}

/** The text of a lock: what the hub says of a model, and what its small files and its safetensors headers hold. */
export async function lockModel(hub: HubConnection, id: string, revision: string, servedWith: ServedWith = {}): Promise<string> {
  try {
    return await lockOf(await HubModel.find(hub, id, revision), servedWith);
  } finally {
    hub.stop();
  }
}

async function lockOf(model: HubModel, servedWith: ServedWith): Promise<string> {
  if (!fileNamed(model.files, 'config.json')) {
    throw new Failure(ExitCode.DATA, `${model.id} has no config.json: it is no model that vLLM serves by itself, but perhaps an adapter or a GGUF`);
  }
  const telling = await eachOf(model.files.filter(file => TELLING_FILES.includes(file.path)),
    async file => [file.path, (await model.read(file)).toString('utf8')] as const);
  const paths = new Set(servedFiles({
    id: model.id, paths: model.files.map(file => file.path), contents: new Map(telling), say: { trustRemoteCode: '--trust-remote-code', skipTokenizerInit: '--skip-tokenizer-init' },
  }, servedWith));
  const served = model.files.filter(file => paths.has(file.path));
  const config = fileNamed(served, 'config.json')!;
  const indexFile = fileNamed(served, INDEX_FILE);
  // what the hub knows no sha256 of is small
  const small = served.filter(file => file.sha256 === undefined || file === config || file === indexFile);
  const contents = new Map(await eachOf(small, async file => [file.path, await model.read(file)] as const));
  const index = indexFile && parseJson<CheckpointIndex>(INDEX_FILE, contents.get(INDEX_FILE)!.toString('utf8'));
  const shards = shardsIn(model, served, index);
  const headers = await eachOf(shards, shard => readHeader(model, shard));
  const text = contents.get('config.json')!.toString('utf8');
  const parsed = new HuggingFaceConfig(parseJson('config.json', text), `config.json of ${model.id}`);
  const checkpoint = checkpointOf(model.id, headers.flatMap(header => header.tensors), index, name => parsed.predicts(name));
  // a model that no plan can be made of is refused before anything is written
  const { architecture, quantization } = modelFacts(parsed, checkpoint);
  checkServed(model.id, architecture, quantization);
  return formatModelLock({
    id: model.id,
    revision: model.commit,
    gated: model.gated,
    architecture,
    files: served
      .filter(file => !file.path.endsWith('.safetensors') || shards.includes(file))
      .map(file => ({ path: file.path, size: file.size, sha256: file.sha256 ?? sha256(contents.get(file.path)!) })),
    weights: {
      headerBytes: Object.fromEntries(shards.map((shard, place) => [shard.path, headers[place].headerBytes])),
      tensorBytes: checkpoint.tensorBytes!,
    },
    config: text.split('\n'),
  });
}

/** A model that some release serves is locked: which one is for the server to say. */
function checkServed(id: string, architecture: string, quantization: string | undefined): void {
  const refusals = VllmRelease.all().map(release => orRefusal(() => {
    release.model(architecture);
    return quantization === undefined || release.quantization(quantization);
  })).filter(answer => answer instanceof Refusal);
  if (refusals.length === VllmRelease.all().length) {
    throw new Failure(ExitCode.DATA, `${id}: ${refusals.at(-1)!.message}`);
  }
}

function shardsIn({ id, files }: HubModel, served: HubFile[], index: CheckpointIndex | undefined): HubFile[] {
  const names = shardsOf(served.map(file => file.path), index);
  if (names.length === 0) {
    const pickles = files.map(file => file.path).filter(path => /\.(bin|pt|pth)$/.test(path));
    throw new Failure(ExitCode.DATA, `${id} has no safetensors${pickles.length > 0 ? `, only pickles (${pickles.slice(0, 3).join(', ')})` : ''}.`
      + ' Only safetensors are loaded; take a model that has them');
  }
  const missing = names.filter(name => !fileNamed(served, name));
  if (missing.length > 0) {
    throw new Failure(ExitCode.DATA, `${id}: ${INDEX_FILE} names ${names.length} files and ${missing.length} are missing: ${missing.slice(0, 3).join(', ')}.`
      + ' The repository is not complete at this revision');
  }
  return names.map(name => fileNamed(served, name)!);
}

/** Never the tensors: the beginning of the file, a second time when the header is longer. */
async function readHeader(model: HubModel, file: HubFile): Promise<Header> {
  const where = `${model.id}/${file.path}`;
  const first = await model.readBeginning(file, FIRST_BYTES);
  const headerBytes = headerBytesOf(where, first, file.size);
  const bytes = first.length >= 8 + headerBytes ? first : await model.readBeginning(file, 8 + headerBytes);
  return { headerBytes, tensors: tensorsOf(where, bytes.subarray(8, 8 + headerBytes), file.size - 8 - headerBytes) };
}

function fileNamed(files: readonly HubFile[], path: string): HubFile | undefined {
  return files.find(file => file.path === path);
}

/** In order, a few at a time. */
async function eachOf<In, Out>(items: readonly In[], work: (item: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const place = next++;
      results[place] = await work(items[place]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
  return results;
}
