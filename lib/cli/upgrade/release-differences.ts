import { VllmFlag, VllmRegistry, VllmRelease } from '../../catalog';

/** A name that both releases have, and how it differs. */
export interface ChangedName {
  readonly name: string;
  /** What stands in no manifest that sets it: the default. */
  readonly default?: string;
  /** Everything else that differs. */
  readonly what: readonly string[];
}

export interface NameDifferences {
  readonly gone: readonly string[];
  readonly come: readonly string[];
  readonly changed: readonly ChangedName[];
}

/** What differs between the names of two releases. */
export interface ReleaseDifferences {
  readonly flags: NameDifferences;
  readonly environment: NameDifferences;
  readonly metrics: NameDifferences;
  readonly architectures: NameDifferences;
  readonly quantizations: NameDifferences;
}

type Names = { readonly [name: string]: object };
type Fields = { readonly [field: string]: unknown };

/** Lists of what a value may be, in which an entry comes or goes by itself. */
const LISTS: { readonly [field: string]: string } = { values: 'takes', labels: 'has the label', dtypes: 'takes', capabilities: 'says' };

/** Spellings are looked at by themselves; which class of vLLM a flag sets is its own affair. */
const INNER = ['negated', 'aliases', 'hidden', 'sets', 'config'];

export function differencesOf(from: VllmRelease, to: VllmRelease): ReleaseDifferences {
  const [before, after] = [from.names, to.names];
  return {
    flags: compared(flagsOf(before), flagsOf(after), spellings),
    environment: compared(before.environment, after.environment),
    metrics: compared(before.metrics, after.metrics),
    // where the class of an architecture stands is vLLM's own affair
    architectures: compared(capabilities(before), capabilities(after)),
    quantizations: compared(before.quantizations, after.quantizations),
  };
}

function compared(before: Names, after: Names, more: (one: object, other: object) => string[] = () => []): NameDifferences {
  const has = (names: Names) => (name: string) => Object.hasOwn(names, name);
  const [old, fresh] = [Object.keys(before), Object.keys(after)];
  const changed = old.filter(has(after))
    .map(name => changeOf(name, before[name] as Fields, after[name] as Fields, more(before[name], after[name])));
  return {
    gone: old.filter(name => !has(after)(name)),
    come: fresh.filter(name => !has(before)(name)),
    changed: changed.filter(change => change.default !== undefined || change.what.length > 0),
  };
}

function changeOf(name: string, before: Fields, after: Fields, more: readonly string[]): ChangedName {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter(field => !INNER.includes(field) && JSON.stringify(before[field]) !== JSON.stringify(after[field]));
  return {
    name,
    ...fields.includes('default') ? { default: `${shown(before.default)} → ${shown(after.default)}` } : {},
    what: [...fields.filter(field => field !== 'default').flatMap(field => fieldChange(field, before[field], after[field])), ...more],
  };
}

function fieldChange(field: string, before: unknown, after: unknown): string[] {
  if (field === 'deprecated') {
    return [after === undefined ? 'no longer goes away' : typeof after === 'string' ? `goes away: ${after}` : 'goes away'];
  }
  if (Object.hasOwn(LISTS, field) && Array.isArray(before) && Array.isArray(after)) {
    const [gone, come] = [without(before, after), without(after, before)];
    return [
      ...gone.length > 0 ? [`no longer ${LISTS[field]} ${gone.join(', ')}`] : [],
      ...come.length > 0 ? [`now also ${LISTS[field]} ${come.join(', ')}`] : [],
    ];
  }
  return [`${field}: ${shown(before)} → ${shown(after)}`];
}

function without(all: readonly unknown[], others: readonly unknown[]): unknown[] {
  return all.filter(entry => !others.includes(entry));
}

function shown(value: unknown): string {
  const text = value === undefined ? 'unset' : typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** Whether the parser looks a value up or the engine does matters to nobody who upgrades. */
function flagsOf({ flags }: VllmRegistry): Names {
  return Object.fromEntries(Object.entries(flags).map(([name, { choices, values = choices, ...flag }]) =>
    [name, values === undefined ? flag : { ...flag, values }]));
}

/** A spelling that is no longer taken; that there is one more breaks nobody. */
function spellings(before: Pick<VllmFlag, 'aliases' | 'negated'>, after: Pick<VllmFlag, 'aliases' | 'negated'>): string[] {
  const all = ({ aliases = [], negated = [] }: Pick<VllmFlag, 'aliases' | 'negated'>) => [...aliases, ...negated];
  const gone = without(all(before), all(after));
  return gone.length > 0 ? [`is no longer written ${gone.join(', ')}`] : [];
}

function capabilities({ models }: VllmRegistry): Names {
  const asked = Object.entries(models).map(([name, { capabilities: found }]) => [name, found === undefined ? {} : { capabilities: found }]);
  return Object.fromEntries(asked) as Names;
}
