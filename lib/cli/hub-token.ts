import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { ExitCode, Failure } from './failure';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The token of the hub's own client: `HF_TOKEN`, else the file that `hf auth login` writes; undefined when there is none.
 *
 * @see https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 */
export function hubToken(environment: Environment): string | undefined {
  const file = tokenFile(environment);
  const token = (environment.HF_TOKEN || readIfThere(file))?.trim();
  // what no header can carry would be shown by the error of the one who tries
  if (token && !/^[\x21-\x7e]+$/.test(token)) {
    throw new Failure(ExitCode.USAGE, `the token in ${environment.HF_TOKEN ? 'HF_TOKEN' : file} is no token: it has spaces or special`
      + ' characters. Copy it again from https://huggingface.co/settings/tokens');
  }
  return token || undefined;
}

function tokenFile(environment: Environment): string {
  const cache = environment.XDG_CACHE_HOME || path.join(environment.HOME || os.homedir(), '.cache');
  return environment.HF_TOKEN_PATH || path.join(environment.HF_HOME || path.join(cache, 'huggingface'), 'token');
}

function readIfThere(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return undefined;
    }
    throw new Failure(ExitCode.NO_PERMISSION, `the token file ${file} cannot be read (${code}). Make it readable, or set HF_TOKEN`);
  }
}
