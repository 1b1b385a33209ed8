import { parseArgs, ParseArgsConfig } from 'node:util';
import { ExitCode, Failure } from './failure';
import { HubConnection } from './hub-connection';
import { Environment, hubToken } from './hub-token';

export interface Output {
  readonly out: (line: string) => void;
  readonly error: (line: string) => void;
  /**
   * Whether a person reads it on a terminal that has colours.
   * @default false
   */
  readonly colours?: boolean;
}

/** A command of the program. */
export interface Command {
  readonly usage: string;
  readonly help: string;
  /** Does the work and gives the exit code. */
  readonly run: (args: string[], environment: Environment, output: Output) => Promise<number>;
}

type Parsed<Options extends NonNullable<ParseArgsConfig['options']>> = ReturnType<typeof parseArgs<{ options: Options; allowPositionals: true }>>;

/** @throws on what is no option of the command */
export function parsed<Options extends NonNullable<ParseArgsConfig['options']>>(args: string[], options: Options): Parsed<Options> {
  try {
    return parseArgs({ args, allowPositionals: true, options });
  } catch (error) {
    throw new Failure(ExitCode.USAGE, (error as Error).message.split('. ')[0]);
  }
}

/** The one thing that a command is about, such as a model. */
export function onlyOne(kind: string, [one, ...further]: readonly string[]): string {
  if (one === undefined || further.length > 0) {
    throw new Failure(ExitCode.USAGE, one === undefined ? `say which ${kind}` : `one ${kind} at a time, not also ${further.join(' ')}`);
  }
  return one;
}

export function hubOf(environment: Environment): HubConnection {
  return new HubConnection({ endpoint: environment.HF_ENDPOINT || 'https://huggingface.co', token: hubToken(environment) });
}
