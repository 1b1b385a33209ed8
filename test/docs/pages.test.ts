import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { PROJECT } from '../../scripts/docs/example';
import { anchorOf } from '../../scripts/docs/markdown';
import { pages, textOf } from '../../scripts/docs/pages';
import { commandsIn, prose } from './commands';

const TEXTS = new Map(pages().map(page => [page, textOf(page)] as const));

function anchorsOf(text: string): string[] {
  return [...prose(text).matchAll(/^#+ (.+)$/gm)].map(match => anchorOf(match[1]));
}

/** Links of a page to files of the project, or to headings in them, that lead nowhere. */
function brokenLinks(page: string, text: string): string[] {
  const links = [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(match => match[1]).filter(link => !/^[a-z]+:/.test(link));
  return links.filter((link) => {
    const [path, anchor] = link.split('#');
    const target = path === '' ? page : posix.join(posix.dirname(page), path);
    if (!existsSync(join(PROJECT, target))) {
      return true;
    }
    return anchor !== undefined && !anchorsOf(readFileSync(join(PROJECT, target), 'utf8')).includes(anchor);
  });
}

test.each([...TEXTS])('%s leads nowhere that is not there', (page, text) => {
  expect(brokenLinks(page, text)).toEqual([]);
});

test('planted links that lead nowhere are found', () => {
  expect(brokenLinks('docs/start.md', '[a](nowhere.md) [b](matrix.md#nothing) [c](../README.md) [d](https://example.com) [e](matrix.md#settings)'))
    .toEqual(['nowhere.md', 'matrix.md#nothing']);
});

test('every page can be reached from the README', () => {
  const reached = new Set<string>();
  const visit = (page: string) => {
    if (!TEXTS.has(page) || reached.has(page)) {
      return;
    }
    reached.add(page);
    [...TEXTS.get(page)!.matchAll(/\]\(([^)#\s]+)/g)].map(match => posix.join(posix.dirname(page), match[1])).forEach(visit);
  };
  visit('README.md');
  expect(pages().filter(page => !reached.has(page))).toEqual([]);
});

test('the README has at most 90 lines', () => {
  expect(TEXTS.get('README.md')!.trimEnd().split('\n').length).toBeLessThanOrEqual(90);
});

test('no line of prose is longer than 140 characters, tables and links aside', () => {
  const long = [...TEXTS].flatMap(([page, text]) => prose(text).split('\n')
    .filter(line => line.length > 140 && !/^\||https?:|^Previous: |^<!--/.test(line)).map(line => `${page}: ${line}`));
  expect(long).toEqual([]);
});

test('every alert of the manifests has its advice', () => {
  const alerts = [...readFileSync(join(PROJECT, 'dist/kustomize/l4-gcs/monitoring/rules-vllm-openai-gcs-l4.yaml'), 'utf8').matchAll(/alert: (\w+)/g)];
  expect(alerts.length).toBeGreaterThan(3);
  const advised = [...TEXTS.get('docs/troubleshooting.md')!.matchAll(/^\| `(Vllm\w+)` \|/gm)].map(match => match[1]);
  expect(advised.sort()).toEqual(alerts.map(match => match[1]).sort());
});

test('the number of measured starts is the one that the plan is judged by', () => {
  const rows = readFileSync(join(PROJECT, 'test/planning/measurements.jsonl'), 'utf8').trim().split('\n').length;
  expect(TEXTS.get('docs/numbers.md')).toContain(`judged against ${rows} starts`);
});

test('the docs show no secret and no address of a machine', () => {
  for (const [page, text] of TEXTS) {
    expect([page, /\/(?:home|root|Users|tmp)\/\w+/.exec(text)?.[0]]).toEqual([page, undefined]);
    expect([page, commandsIn(text).filter(({ words }) => words.includes('sudo'))]).toEqual([page, []]);
  }
});

test('what git and editors are told names folders that are there', () => {
  for (const file of ['.gitattributes', '.editorconfig', '.nvmrc', '.github/PULL_REQUEST_TEMPLATE.md']) {
    expect(statSync(join(PROJECT, file)).size).toBeGreaterThan(0);
  }
  const folders = [...readFileSync(join(PROJECT, '.gitattributes'), 'utf8').matchAll(/^([a-z][\w-]*)\//gm)].map(match => match[1]);
  expect(folders.filter(folder => !existsSync(join(PROJECT, folder)))).toEqual([]);
});
