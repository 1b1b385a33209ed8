import * as fs from 'node:fs';
import * as path from 'node:path';
import { BENCHMARK } from './benchmark-command';
import { Command, Output } from './command';
import { DIGEST } from './digest';
import { ExitCode, Failure } from './failure';
import { Environment } from './hub-token';
import { INIT } from './init';
import { LOCK } from './lock-command';
import { PLAN } from './plan';
import { UPGRADE } from './upgrade/upgrade';

export type { Output } from './command';

const PROGRAM = 'cdk8s-vllm';

const COMMANDS: { readonly [name: string]: Command & { readonly what: string } } = {
  plan: { ...PLAN, what: 'says which machines hold a model, how fast they answer and what that costs' },
  init: { ...INIT, what: 'writes a small project, to begin with' },
  lock: { ...LOCK, what: 'writes what a model is at one commit into a file, for Model.fromLock()' },
  upgrade: { ...UPGRADE, what: 'says what another release of vLLM does to your servers' },
  digest: { ...DIGEST, what: 'asks a registry for the digest of an image' },
  benchmark: { ...BENCHMARK, what: 'writes a batch\'s input and its evaluation\'s labels, out of the files of a public benchmark' },
};

const USAGES = Object.values(COMMANDS).map(({ usage }) => usage.replace(/^usage:/, '      ')).join('\n').replace(/^ {6}/, 'usage:');

const HELP = `${USAGES}

${Object.entries(COMMANDS).map(([name, { what }]) => `  ${name.padEnd(10)} ${what}`).join('\n')}

npx ${PROGRAM} COMMAND --help says more, npx ${PROGRAM} --version the version.`;

/** Runs a command and gives its exit code. */
export async function runCommandLine(args: readonly string[], environment: Environment, output: Output): Promise<number> {
  const [name, ...rest] = args;
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (name === '--help' || name === '-h' || name === 'help') {
    output.out(HELP);
    return 0;
  }
  if (name === '--version' || name === '-v') {
    output.out(packageVersion());
    return 0;
  }
  try {
    if (command === undefined) {
      throw new Failure(ExitCode.USAGE, name === undefined ? 'say what to do' : `there is no command '${name}'`);
    }
    return await command.run(rest, environment, output);
  } catch (error) {
    // what is no Failure was found wrong by the catalogue, in the model
    const exitCode = error instanceof Failure ? error.exitCode : ExitCode.DATA;
    output.error(`${PROGRAM}: ${(error as Error).message}`);
    if (exitCode === ExitCode.USAGE) {
      output.error(`${command?.usage ?? USAGES}\n--help says more.`);
    }
    return exitCode;
  }
}

/** Of the package that this file is a part of: it lies three folders up where it is compiled, and two where it is not. */
function packageVersion(): string {
  const file = ['../..', '../../..'].map(folder => path.join(__dirname, folder, 'package.json')).find(fs.existsSync);
  return (JSON.parse(fs.readFileSync(file!, 'utf8')) as { version: string }).version;
}
