import { parse } from 'yaml';
import { Difference, differencesOf } from './differences';
import { ChangedFile } from './generated-tree';

/** A cell by its folder, and the name that nearly everything in it begins with. */
export interface CellNames {
  readonly id: string;
  readonly server: string;
}

/** One change, as it is the same in several cells. */
interface Change {
  /** `Job loader`, or the path of a file outside of cells. */
  readonly what: string;
  /** `annotation cdk8s-vllm/programs` */
  readonly where: string;
  /** `256 → 1024` */
  readonly values: string;
}

const LONGEST_VALUE = 60;
/** More values than these of one place are not listed. */
const MOST_VALUES = 4;

/** Lines that say each change once, with the cells that it is in. */
export function linesOf(files: readonly ChangedFile[], cells: readonly CellNames[]): string[] {
  const groups = new Map<string, Map<string, Set<string>>>();
  for (const file of files) {
    const cell = cells.find(({ id }) => file.path.startsWith(`dist/kustomize/${id}/`));
    for (const { what, where, values } of changesIn(file, cell)) {
      const key = [what, where].filter(text => text !== '').join(', ');
      const group = groups.get(key) ?? new Map<string, Set<string>>();
      groups.set(key, group.set(values, (group.get(values) ?? new Set()).add(cell?.id ?? '')));
    }
  }
  return [...groups].sort(([a], [b]) => a < b ? -1 : 1).flatMap(([key, group]) => linesOfGroup(key, group, cells.map(({ id }) => id)));
}

function linesOfGroup(key: string, group: ReadonlyMap<string, ReadonlySet<string>>, all: readonly string[]): string[] {
  if (group.size > MOST_VALUES) {
    const users = new Set([...group.values()].flatMap(ids => [...ids]));
    return [`${namesOf(users, all)}${key}: ${group.size} different changes`];
  }
  return [...group].map(([values, users]) => `${namesOf(users, all)}${key}${values === '' ? '' : `: ${values}`}`);
}

function changesIn({ path, before, after }: ChangedFile, cell: CellNames | undefined): Change[] {
  const neutral = (text: string) => cell ? text.replaceAll(cell.server, 'SERVER').replaceAll(cell.id, 'CELL') : text;
  const what = cell ? objectOf(neutral(path.split('/').slice(3).join('/'))) : path.replace(/^dist\//, '');
  if (before === undefined || after === undefined) {
    return [{ what, where: '', values: before === undefined ? 'is new' : 'is gone' }];
  }
  if (!/\.(ya?ml|json)$/.test(path) || path.endsWith('/contract.json')) {
    return [{ what, where: '', values: lineCount(before, after) }];
  }
  const [one, other] = [before, after].map(text => parse(neutral(text)) as unknown);
  return differencesOf(one, other).map(difference => ({ what, where: placeOf(difference.path), values: valuesOf(difference) }));
}

/** `weights/job-SERVER-loader-1a2b3c4d.yaml` is the Job loader; a server's own objects have no other name. */
function objectOf(file: string): string {
  const [, unit, name] = /^(?:(.*)\/)?([^/]+)$/.exec(file)!;
  const [, kind, rest] = /^([a-z]+)-SERVER-?(.*?)(?:-[0-9a-f]{8})?(?:-programs)?(?:\.yaml|$)/.exec(name === 'kustomization.yaml' && unit?.includes('configmap-')
    ? unit.split('/').at(-1)! : name) ?? [];
  if (kind === undefined) {
    return file;
  }
  return `${KINDS[kind] ?? kind[0].toUpperCase() + kind.slice(1)}${rest ? ` ${rest}` : ''}${unit && !rest ? ` (${unit.split('/')[0]})` : ''}`;
}

/** Kinds of more than one word; file names are in lower case. */
const KINDS: { readonly [lower: string]: string } = Object.fromEntries([
  'ConfigMap', 'HorizontalPodAutoscaler', 'NetworkPolicy', 'PersistentVolumeClaim', 'PodDisruptionBudget', 'PodMonitoring', 'ServiceAccount',
  'VolumeSnapshot',
].map(kind => [kind.toLowerCase(), kind]));

function placeOf(path: readonly string[]): string {
  const last = path.at(-1) ?? '';
  if (last.startsWith('--')) {
    return `\`${last}\``;
  }
  const annotation = path.indexOf('annotations');
  return annotation >= 0 && annotation === path.length - 2 ? `annotation ${last}` : path.join('.').replace(/^spec\.template\.spec\./, '');
}

function valuesOf({ before, after }: Difference): string {
  return before === undefined ? `is new: ${short(after)}` : after === undefined ? `is gone: ${short(before)}` : `${short(before)} → ${short(after)}`;
}

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 1)}…` : text;
}

/** Lines that only one of two texts has. */
function lineCount(before: string, after: string): string {
  const count = (from: string, other: string) => {
    const known = new Map<string, number>();
    other.split('\n').forEach(line => known.set(line, (known.get(line) ?? 0) + 1));
    return from.split('\n').filter((line) => {
      const left = known.get(line) ?? 0;
      known.set(line, left - 1);
      return left <= 0;
    }).length;
  };
  return `${count(after, before)} lines more, ${count(before, after)} less`;
}

/** `20 cells: `, `2 cells (b200-*): `, or the names of a few. */
function namesOf(users: ReadonlySet<string>, all: readonly string[]): string {
  if (users.has('')) {
    return '';
  }
  const ids = [...users].sort();
  const count = `${ids.length} cell${ids.length === 1 ? '' : 's'}`;
  if (ids.length === all.length) {
    return `${count}: `;
  }
  const parts = [...new Set(all.flatMap(id => [`${id.replace(/-[^-]+$/, '')}-*`, `*-${id.split('-').at(-1)}`]))];
  const pattern = parts.find((part) => {
    const matching = all.filter(id => part.startsWith('*') ? id.endsWith(part.slice(1)) : id.startsWith(part.slice(0, -1)));
    return matching.length === ids.length && matching.every(id => users.has(id));
  });
  const names = pattern ?? (ids.length <= 5 ? ids.join(', ') : `${ids.slice(0, 4).join(', ')}, …`);
  return `${count} (${names}): `;
}
