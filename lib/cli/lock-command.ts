import { Model, VllmRelease } from '../catalog';
import { HUGGING_FACE_ID } from '../catalog/hugging-face-model';
import { parseModelLock } from '../catalog/model-lock';
import { orRefusal, Refusal } from '../common/refusal';
import { MemorySurvey } from '../planning';
import { Command, hubOf, onlyOne, Output, parsed } from './command';
import { ExitCode, Failure } from './failure';
import { Environment } from './hub-token';
import { lockModel } from './lock';
import { writeFile } from './write-file';

const USAGE = 'usage: npx cdk8s-vllm lock <hugging-face-id> [--revision R] [--output FILE]';

const HELP = `${USAGE}

Writes models/<hugging-face-id>.json: the commit, config.json, the sizes of the tensors, and every file that a
server needs with its size and sha256. The weights themselves are not downloaded. Commit the file:
Model.fromLock() plans from it, and the weights' loader refuses whatever differs from it.

  --revision R   branch, tag or commit; main without it
  --output FILE  another place for the file
  --trust-remote-code    the server runs with it: the model's own code is locked as well
  --skip-tokenizer-init  the server runs with it: the model needs no tokenizer
  --help         this text

HF_TOKEN, else the file that 'hf auth login' writes, opens gated and private models. HF_ENDPOINT is the hub,
https://huggingface.co without it.

Exit codes: 0 written, 64 wrong usage, 65 the model cannot be locked, 66 no such model or revision, 69 the hub
does not answer, 73 the file cannot be written, 77 no permission. Nothing is written unless all went well.`;

/** `npx cdk8s-vllm lock`. */
export const LOCK: Command = { usage: USAGE, help: HELP, run: lock };

/** @throws on what is no owner and name */
export function requireId(id: string): void {
  if (!HUGGING_FACE_ID.test(id) || id.split('/').some(part => /^\.|\.\.|\.$/.test(part))) {
    throw new Failure(ExitCode.USAGE, `'${id}' is no Hugging Face id; it is an owner and a name, such as google/gemma-2-9b-it`);
  }
}

async function lock(args: string[], environment: Environment, { out }: Output): Promise<number> {
  const { positionals, values } = parsed(args, {
    revision: { type: 'string' }, output: { type: 'string' }, 'trust-remote-code': { type: 'boolean' }, 'skip-tokenizer-init': { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) {
    out(HELP);
    return 0;
  }
  const id = onlyOne('model', positionals);
  requireId(id);
  const text = await lockModel(hubOf(environment), id, values.revision || 'main', {
    trustRemoteCode: values['trust-remote-code'], skipTokenizerInit: values['skip-tokenizer-init'],
  });
  const file = values.output || `models/${id}.json`;
  // what Model.fromLock() would refuse is not written
  const model = Model.of(parseModelLock(file, text));
  writeFile(file, text);
  report(model, file).forEach(line => out(line));
  return 0;
}

function report(model: Model, file: string): string[] {
  const files = model.files!;
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  return [
    `${model.id} at ${model.revision}${model.gated ? ', gated' : ''}`,
    `${model.architecture}, ${files.length} files, ${size(bytes)}`,
    `wrote ${file}`,
    ...limits(model),
    '',
    'In TypeScript:',
    `  Model.fromLock('${file}')`,
    '',
    `GPUs of one machine that hold it, vLLM ${VllmRelease.DEFAULT.version}:`,
    ...MemorySurvey.of({ model }).lines.map(line => `  ${line}`),
  ];
}

/** What a server of it cannot do, as far as the default release knows its class. */
function limits({ architecture }: Model): string[] {
  const served = orRefusal(() => VllmRelease.DEFAULT.model(architecture));
  if (served instanceof Refusal || !served.capabilities || served.capabilities.includes('is_text_generation_model')) {
    return [];
  }
  return ['It writes no text, but embeddings, scores or labels: it is nothing for GradioChat, LocustLoadTest and others that chat.'];
}

/** As the pages of the hub show it. */
function size(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
