import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { PROJECT } from './example';
import { table } from './markdown';

/** The pages of `docs`, in the order in which they are read. */
const ORDER = [
  'README', 'start', 'brownfield', 'matrix', 'your-own-app', 'platform', 'choose-hardware', 'gitops', 'operate', 'upgrade', 'troubleshooting',
  'numbers', 'cloud', 'access', 'programs', 'architecture',
];
/** Pages outside of `docs`; each may have blocks. */
const OTHERS = [
  'README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', 'RELEASE.md', 'imports/README.md', 'scripts/architectures/README.md', 'test/rig/README.md',
];
const DECISIONS = 'docs/decisions';

/** Every page that is written by hand, with or without blocks, by its path. */
export function pages(): string[] {
  return [...OTHERS, ...chapters()];
}

/** The pages that lead from one to the next. */
function chapters(): string[] {
  const decisions = readdirSync(join(PROJECT, DECISIONS)).filter(name => name.endsWith('.md') && name !== 'README.md').sort();
  return [...ORDER.map(name => `docs/${name}.md`), ...['README.md', ...decisions].map(name => `${DECISIONS}/${name}`)];
}

export function textOf(page: string): string {
  const file = join(PROJECT, page);
  if (!existsSync(file)) {
    throw new Error(`${page} is missing, but scripts/docs/pages.ts names it`);
  }
  return readFileSync(file, 'utf8');
}

export function titleOf(page: string): string {
  const [, title] = /^# (.+)$/m.exec(textOf(page)) ?? [];
  if (title === undefined) {
    throw new Error(`${page} has no title: a line that begins with '# '`);
  }
  return title;
}

/** `Previous: … · All pages · Next: …` */
export function navigation(page: string): string {
  const all = chapters();
  const place = all.indexOf(page);
  const link = (word: string, other: string | undefined) => other === undefined ? [] : [`${word}[${titleOf(other)}](${pathFrom(page, other)})`];
  return [
    ...link('Previous: ', all[place - 1]),
    ...place < 2 ? [] : [`[All pages](${pathFrom(page, all[0])})`],
    ...link('Next: ', all[place + 1]),
  ].join(' · ');
}

/** The pages below a page of contents, each with the line in italics that says for whom it is. */
export function contents(page: string): string {
  const folder = posix.dirname(page);
  const below = chapters().filter(other => other !== page && (posix.dirname(other) === folder || other === `${DECISIONS}/README.md`));
  return table(['page', 'for'], below.map((other) => {
    const [, audience] = /^\*For (.+)\.\*$/m.exec(textOf(other)) ?? [];
    if (audience === undefined) {
      throw new Error(`${other} does not say for whom it is: a line '*For … .*' below its title`);
    }
    return [`[${titleOf(other)}](${pathFrom(page, other)})`, audience];
  }));
}

function pathFrom(page: string, other: string): string {
  return posix.relative(posix.dirname(page), other);
}
