import { PlanFigures } from '../../common/upgrade-run';
import { ChangedName, NameDifferences, ReleaseDifferences } from './release-differences';
import { UpgradedCell, UpgradeReport } from './upgrade-report';
import { UsedName } from './used-names';

/** A part of the report: what it is about, and its lines. */
export interface ReportSection {
  readonly title: string;
  readonly lines: readonly string[];
}

const KINDS: { readonly [section in keyof ReleaseDifferences]: string } = {
  flags: 'flags', environment: 'environment variables', metrics: 'metrics', architectures: 'architectures', quantizations: 'quantizations',
};
/** More places than these are counted. */
const MOST_PLACES = 3;

/** The sections of the report that have something to say, those about what is used first. */
export function sectionsOf(report: UpgradeReport): ReportSection[] {
  const { used, cells, untouched, objects, appRefusal, release } = report;
  const refused = cells.filter(({ refusal }) => refusal !== undefined);
  const sections: ReportSection[] = [
    { title: 'Used here, and gone', lines: used.gone.map(usedLine) },
    { title: 'Cells that would not run', lines: refused.flatMap(({ cell, refusal }) => `${cell}: ${refusal}`.split('\n')) },
    { title: 'The app refuses', lines: appRefusal?.split('\n') ?? [] },
    { title: 'Used here, and changed', lines: used.changed.map(usedLine) },
    { title: 'Defaults that change, for whoever leaves them to vLLM', lines: defaultLines(release) },
    { title: 'Plans', lines: planLines(cells) },
    { title: 'Images to pin again', lines: cells.filter(({ pinned }) => pinned).map(({ cell, server }) => `${cell}: ${server} has the digest of ${report.from}`) },
    { title: 'Objects that change', lines: objects.map(({ what, objects: names }) => `${places(names)}: ${what}`) },
    { title: 'Servers that stay', lines: untouched.map(({ server, release: other }) => `${server} runs ${other}`) },
    { title: 'Everything that differs between the releases', lines: sectionLines(release) },
  ];
  return sections.filter(({ lines }) => lines.length > 0);
}

export function headline({ from, to, cells, breaks, used }: UpgradeReport): string {
  const refused = cells.filter(({ refusal }) => refusal !== undefined).length;
  const verdict = breaks ? `names that are used and gone: ${used.gone.length}, cells that would not run: ${refused}` : 'nothing that is used is gone, every cell fits';
  return `vLLM ${from} → ${to}, ${cells.length} ${cells.length === 1 ? 'server' : 'servers'}: ${verdict}`;
}

/** The report for a person. */
export function textOf(report: UpgradeReport): string {
  return [headline(report), ...sectionsOf(report).map(({ title, lines }) => `\n${title}\n${lines.map(line => `  ${line}`).join('\n')}`)].join('\n');
}

function usedLine({ kind, name, what, where }: UsedName): string {
  return `${kind} ${name}: ${what} (${places(where)})`;
}

function places(names: readonly string[]): string {
  return names.length > MOST_PLACES ? `${names.length} objects, such as ${names[0]}` : names.join(', ');
}

function defaultLines({ flags, environment }: ReleaseDifferences): string[] {
  return [...flags.changed, ...environment.changed].filter(change => change.default !== undefined).map(({ name, default: values }) => `${name}: ${values}`);
}

function planLines(cells: readonly UpgradedCell[]): string[] {
  return cells.flatMap(({ cell, before, after }) => after === undefined ? [] : [`${cell}: ${figureChanges(before, after).join(', ')}`]);
}

const FIGURES: readonly [keyof PlanFigures, string][] = [
  ['tensorParallelSize', 'GPUs'], ['kvCacheTokens', 'KV tokens'], ['maxModelLen', 'context'], ['largestModelLen', 'longest context'],
  ['maxConcurrency', 'concurrency'], ['maxNumSeqs', 'sequences'], ['maxNumBatchedTokens', 'batched tokens'], ['readySeconds', 'start in s'],
];

/** Of the KV cache always, of the rest what differs. */
function figureChanges(before: PlanFigures, after: PlanFigures): string[] {
  const changed = FIGURES.filter(([figure]) => figure === 'kvCacheTokens' || before[figure] !== after[figure]);
  return changed.map(([figure, name]) => `${name} ${number(before[figure])} → ${number(after[figure])}${share(before[figure], after[figure])}`);
}

function share(before: number, after: number): string {
  const percent = (after / before - 1) * 100;
  return before === after ? '' : ` (${percent > 0 ? '+' : ''}${percent.toFixed(1)} %)`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

function sectionLines(release: ReleaseDifferences): string[] {
  return (Object.keys(KINDS) as (keyof ReleaseDifferences)[]).flatMap(section => nameLines(KINDS[section], release[section]));
}

/** The same change of many names is one line. */
function nameLines(kind: string, { gone, come, changed }: NameDifferences): string[] {
  const groups = new Map<string, string[]>();
  for (const { name, what } of changed.filter((change: ChangedName) => change.what.length > 0)) {
    const text = what.join('; ');
    groups.set(text, [...groups.get(text) ?? [], name]);
  }
  return [
    ...gone.length > 0 ? [`${kind}, ${gone.length} gone: ${gone.join(', ')}`] : [],
    ...come.length > 0 ? [`${kind}, ${come.length} new: ${come.join(', ')}`] : [],
    ...[...groups].map(([what, names]) => `${kind}, ${names.join(', ')}: ${what}`),
  ];
}
