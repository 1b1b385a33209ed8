import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './example';
import { staleLines } from './stale';
import { textOf } from './pages';
import { renderPages } from './render';

const USAGE = 'usage: npm run docs [-- --check]';

function main(args: readonly string[]): number {
  if (args.some(argument => argument !== '--check')) {
    console.error(USAGE);
    return 64;
  }
  const stale = [...renderPages()].filter(([page, text]) => textOf(page) !== text);
  if (!args.includes('--check')) {
    stale.forEach(([page, text]) => writeFileSync(join(PROJECT, page), text));
    console.log(stale.length === 0 ? 'every page is up to date' : `written: ${stale.map(([page]) => page).join(', ')}`);
    return 0;
  }
  stale.forEach(([page, text]) => console.error(`${page} is stale; npm run docs writes it:\n${staleLines(textOf(page), text)}`));
  return stale.length === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
