import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { changedFiles } from './generated-tree';
import { CellNames, linesOf } from './report';

/**
 * `npm run changes [BASE]`: what differs in dist between a commit (HEAD unless another is named) and the working tree, each change
 * once with the cells that it is in, so that a reviewer reads it once and not in every cell.
 */
const [base = 'HEAD', project = resolve(__dirname, '../..')] = process.argv.slice(2);

/** Of the cells that are and that were. */
function cells(texts: readonly (string | undefined)[]): CellNames[] {
  const reports = texts.flatMap(text => text === undefined ? [] : JSON.parse(text) as (CellNames & { readonly possible: boolean })[]);
  const possible = reports.filter(report => report.possible).map(({ id, server }) => [id, { id, server }] as const);
  // The longer name first: one cell's may begin with another's.
  return [...new Map(possible).values()].sort((a, b) => b.id.length - a.id.length);
}

const REPORT = 'dist/report/cells.json';
const files = changedFiles(project, base, 'dist');
const report = files.find(({ path }) => path === REPORT);
const now = existsSync(join(project, REPORT)) ? readFileSync(join(project, REPORT), 'utf8') : undefined;
const lines = linesOf(files, cells([report?.before, now]));
console.log(lines.length > 0 ? lines.join('\n') : `dist is as at ${base}`);
