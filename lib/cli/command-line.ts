import { parseArgs } from 'node:util';
import { Model, VllmRelease } from '../catalog';
import { HUGGING_FACE_ID } from '../catalog/hugging-face-model';
import { parseModelLock } from '../catalog/model-lock';
import { ExitCode, Failure } from './failure';
import { holdingGpus } from './holding-gpus';
import { HubConnection } from './hub-connection';
import { Environment, hubToken } from './hub-token';
import { lockModel } from './lock';
import { upgrade, UPGRADE_USAGE } from './upgrade/upgrade';
import { writeFile } from './write-file';

export interface Output {
  readonly out: (line: string) => void;
  readonly error: (line: string) => void;
}

const PROGRAM = 'cdk8s-vllm';

const USAGE = `usage: npx ${PROGRAM} lock <hugging-face-id> [--revision R] [--output FILE]`;

const HELP = `${USAGE}
       ${UPGRADE_USAGE.replace('usage: ', '')}

  lock     writes what a model is at one commit into a file, for Model.fromLock()
  upgrade  says what another release of vLLM does to your servers

npx ${PROGRAM} lock --help and npx ${PROGRAM} upgrade --help say more.`;

const LOCK_HELP = `${USAGE}

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

/** Runs a command and gives its exit code. */
export async function runCommandLine(args: readonly string[], environment: Environment, output: Output): Promise<number> {
  const [command, ...rest] = args;
  try {
    if (command === 'lock') {
      await lock(rest, environment, output);
    } else if (command === 'upgrade') {
      return upgrade(rest, environment, output.out);
    } else if (command === '--help' || command === '-h' || command === 'help') {
      output.out(HELP);
    } else {
      throw new Failure(ExitCode.USAGE, command === undefined ? 'say what to do' : `there is no command '${command}'`);
    }
    return 0;
  } catch (error) {
    // what is no Failure was found wrong by the catalogue, in the model
    const exitCode = error instanceof Failure ? error.exitCode : ExitCode.DATA;
    output.error(`${PROGRAM}: ${(error as Error).message}`);
    if (exitCode === ExitCode.USAGE) {
      output.error(`${command === 'upgrade' ? UPGRADE_USAGE : USAGE}\n--help says more.`);
    }
    return exitCode;
  }
}

async function lock(args: string[], environment: Environment, { out }: Output): Promise<void> {
  const { positionals, values } = parseLockArguments(args);
  if (values.help) {
    out(LOCK_HELP);
    return;
  }
  const [id, ...further] = positionals;
  if (id === undefined || further.length > 0) {
    throw new Failure(ExitCode.USAGE, id === undefined ? 'say which model' : `one model at a time, not also ${further.join(' ')}`);
  }
  if (!HUGGING_FACE_ID.test(id) || id.split('/').some(part => /^\.|\.\.|\.$/.test(part))) {
    throw new Failure(ExitCode.USAGE, `'${id}' is no Hugging Face id; it is an owner and a name, such as google/gemma-2-9b-it`);
  }
  const hub = new HubConnection({ endpoint: environment.HF_ENDPOINT || 'https://huggingface.co', token: hubToken(environment) });
  const text = await lockModel(hub, id, values.revision || 'main', {
    trustRemoteCode: values['trust-remote-code'], skipTokenizerInit: values['skip-tokenizer-init'],
  });
  const file = values.output || `models/${id}.json`;
  // what Model.fromLock() would refuse is not written
  const model = Model.of(parseModelLock(file, text));
  writeFile(file, text);
  report(model, file).forEach(line => out(line));
}

function parseLockArguments(args: string[]) {
  try {
    return parseArgs({
      args, allowPositionals: true,
      options: {
        revision: { type: 'string' }, output: { type: 'string' }, 'trust-remote-code': { type: 'boolean' }, 'skip-tokenizer-init': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new Failure(ExitCode.USAGE, (error as Error).message.split('. ')[0]);
  }
}

function report(model: Model, file: string): string[] {
  const files = model.files!;
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  return [
    `${model.id} at ${model.revision}${model.gated ? ', gated' : ''}`,
    `${model.architecture}, ${files.length} files, ${size(bytes)}`,
    `wrote ${file}`,
    '',
    'In TypeScript:',
    `  Model.fromLock('${file}')`,
    '',
    `GPUs of one machine that hold it, vLLM ${VllmRelease.DEFAULT.version}:`,
    ...holdingGpus(model).map(line => `  ${line}`),
  ];
}

/** As the pages of the hub show it. */
function size(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
