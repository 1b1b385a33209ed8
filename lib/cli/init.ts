import * as fs from 'node:fs';
import * as path from 'node:path';
import { Command, onlyOne, Output, parsed } from './command';
import { ExitCode, Failure } from './failure';
import { Environment } from './hub-token';
import { projectFiles } from './init-files';
import { writeFile } from './write-file';

const USAGE = 'usage: npx cdk8s-vllm init [FOLDER]';

const HELP = `${USAGE}

Writes a small project that synthesizes and deploys one server: package.json, tsconfig.json, app.ts, .env.example,
.gitignore and README.md. FOLDER, the current one if none is given, must be empty or not there yet; only .git may
be in it.

  --help         this text

Exit codes: 0 written, 64 wrong usage, 73 the folder is not empty or cannot be written.`;

/** `npx cdk8s-vllm init`. */
export const INIT: Command = { usage: USAGE, help: HELP, run: init };

/** What is there before the first file. */
const MAY_BE_THERE = new Set(['.git']);

async function init(args: string[], _environment: Environment, { out }: Output): Promise<number> {
  const { positionals, values } = parsed(args, { help: { type: 'boolean', short: 'h' } });
  if (values.help) {
    out(HELP);
    return 0;
  }
  const folder = onlyOne('folder', positionals.length === 0 ? ['.'] : positionals);
  requireEmpty(folder);
  const files = Object.entries(projectFiles(packageName(path.basename(path.resolve(folder)))));
  files.forEach(([name, text]) => writeFile(path.join(folder, name), text));
  out(`${files.map(([name]) => path.join(folder, name)).join('\n')}\n\n${folder === '.' ? '' : `cd ${folder}\n`}npm install\nnpm run synth`);
  return 0;
}

/** @throws on a folder in which something lies, and on a file */
function requireEmpty(folder: string): void {
  if (!fs.existsSync(folder)) {
    return;
  }
  const found = fs.statSync(folder).isDirectory() ? fs.readdirSync(folder).filter(name => !MAY_BE_THERE.has(name)).sort() : undefined;
  if (found?.length !== 0) {
    throw new Failure(ExitCode.CANNOT_CREATE, found === undefined
      ? `${folder} is a file; name a folder that is empty or not there yet`
      : `${folder} is not empty: ${found.slice(0, 3).join(', ')}${found.length > 3 ? ` and ${found.length - 3} more` : ''} lie${
        found.length === 1 ? 's' : ''} in it; name a folder that is empty or not there yet`);
  }
}

/** What npm takes as a name: https://docs.npmjs.com/cli/configuring-npm/package-json#name */
function packageName(folder: string): string {
  return folder.toLowerCase().replace(/[^a-z0-9-]+/g, '-').replace(/^-+|-+$/g, '') || 'my-models';
}
