import { execFileSync } from 'node:child_process';
import { PROJECT } from './example';

/** What `npx cdk8s-vllm COMMAND --help` prints. */
export function helpOf(command: string | undefined): string {
  const program = ['-r', 'sucrase/register/ts', 'lib/cli/main.ts', ...command === undefined ? [] : [command], '--help'];
  return execFileSync(process.execPath, program, { cwd: PROJECT, encoding: 'utf8' });
}
