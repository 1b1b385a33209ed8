import { nearestName } from './nearest-name';
import known from './prop-kinds.json';
import { Refusal, Refusing, refusing } from './refusal';

/** What kind of value a prop takes. Which of some words it is, and whether a number is in its range, is for its owner to say. */
export type Kind = 'string' | 'number' | 'boolean' | 'function' | 'any' | { readonly words: readonly string[] }
  | { readonly items: readonly Kind[] } | { readonly record: readonly Kind[] } | { readonly class: string } | { readonly props: string };

/** The props of one interface. */
export interface PropKinds {
  [prop: string]: { readonly optional?: boolean; readonly kinds: readonly Kind[] };
}

/** What `npm run api` reads from the types. */
export interface KnownProps {
  /** By name of the class: its members that are such objects, or make one. */
  readonly classes: { [name: string]: readonly string[] };
  readonly props: { [name: string]: PropKinds };
}

/** Name of an interface whose props are known. */
export type PropsName = keyof typeof known.props;

const { classes, props: kindsByName } = known as unknown as KnownProps;

/**
 * What the compiler says to users of TypeScript, for those of plain JavaScript, and for a value that is not there at run time, such as an
 * environment variable.
 *
 * @param name - name of the interface of the props
 * @param where - what a refusal begins with
 * @returns the props
 * @throws on a prop that is missing, unknown or of the wrong kind
 */
export function requireProps<T>(name: PropsName, props: T, where = ''): T {
  const problem = problemOfAll(name, props);
  if (problem !== undefined) {
    throw new Refusal(where === '' ? problem : `${where}: ${problem}`);
  }
  return props;
}

/** The same for the props of a construct, which the refusal names. */
export function requirePropsOf(construct: Refusing, name: PropsName, props: unknown): void {
  refusing(construct, () => requireProps(name, props));
}

/** Of an object with more, those props that the interface has. */
export function onlyProps<T extends object>(name: PropsName, props: T): T {
  return Object.fromEntries(Object.entries(props).filter(([prop]) => Object.hasOwn(kindsByName[name], prop))) as T;
}

function problemOfAll(name: PropsName, props: unknown): string | undefined {
  const kinds = kindsByName[name];
  const needed = Object.keys(kinds).filter(prop => !kinds[prop].optional);
  if (isObject(props)) {
    return problemOfProps(kinds, props, '');
  }
  const example = needed.length > 0 ? ` with ${needed.join(', ')}` : '';
  return props === undefined && needed.length === 0 ? undefined : `the props are ${shown(props)}; ${name} has to be an object${example}`;
}

function problemOfProps(kinds: PropKinds, props: object, prefix: string): string | undefined {
  for (const [prop, { optional, kinds: some }] of Object.entries(kinds)) {
    const value = (props as { [prop: string]: unknown })[prop];
    if (value === undefined && !optional) {
      return `'${prefix}${prop}' is missing; it has to be ${listed(some)}`;
    }
    const problem = value === undefined ? undefined : problemOf(some, value, `${prefix}${prop}`);
    if (problem !== undefined) {
      return problem;
    }
  }
  const unknown = isLiteral(props) ? Object.keys(props).find(prop => !Object.hasOwn(kinds, prop)) : undefined;
  return unknown === undefined ? undefined : unknownProp(unknown, Object.keys(kinds), prefix);
}

function unknownProp(name: string, known: readonly string[], prefix: string): string {
  const nearest = nearestName(name, known);
  return `there is no prop '${prefix}${name}'; ${nearest ? `did you mean '${prefix}${nearest}'` : `there are ${known.join(', ')}`}`;
}

function problemOf(kinds: readonly Kind[], value: unknown, place: string): string | undefined {
  const kind = kinds.find(candidate => isOf(candidate, value));
  if (kind === undefined) {
    return /secret/i.test(place) ? `'${place}' (not shown, as it may be a secret) has to be ${listed(kinds)}`
      : `'${place}' (${shown(value)}) has to be ${listed(kinds)}${hint(kinds, value)}`;
  }
  if (typeof kind === 'string') {
    return undefined;
  }
  if ('items' in kind) {
    return firstOf(value as unknown[], (item, index) => problemOf(kind.items, item, `${place}[${index}]`));
  }
  if ('record' in kind) {
    return firstOf(Object.entries(value as object), ([key, entry]) => problemOf(kind.record, entry, `${place}.${key}`));
  }
  // Which of several shapes an object is meant to have is for its owner to say.
  return 'props' in kind && kinds.length === 1 && isWritten(kind.props, value as object)
    ? problemOfProps(kindsByName[kind.props], value as object, `${place}.`)
    : undefined;
}

function firstOf<T>(values: readonly T[], problem: (value: T, index: number) => string | undefined): string | undefined {
  for (const [index, value] of values.entries()) {
    const found = problem(value, index);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

function isOf(kind: Kind, value: unknown): boolean {
  if (typeof kind === 'string') {
    return kind === 'any' || typeof value === kind;
  }
  if ('words' in kind) {
    return typeof value === 'string';
  }
  if ('items' in kind) {
    return Array.isArray(value);
  }
  if ('record' in kind) {
    return isObject(value) && isLiteral(value);
  }
  if ('class' in kind) {
    return isObject(value) && classNames(value).includes(kind.class);
  }
  const members = kindsByName[kind.props];
  const hasAll = (object: object): boolean => Object.keys(members).every(member => members[member].optional || member in object);
  return isObject(value) && (isWritten(kind.props, value) || hasAll(value));
}

/**
 * Whether it is a literal of plain values. What has methods or a class may have more than the interface says, and reading it may be work.
 */
function isWritten(name: string, value: object): boolean {
  return isLiteral(value) && !Object.values(kindsByName[name]).some(({ kinds }) => kinds.includes('function'));
}

/** By name: with two copies of this package, an object of the other one is as good. */
function classNames(value: object): string[] {
  const names: string[] = [];
  for (let prototype = Object.getPrototypeOf(value); prototype; prototype = Object.getPrototypeOf(prototype)) {
    names.push(prototype.constructor?.name);
  }
  return names;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether it was written as `{ … }`. */
function isLiteral(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype.constructor?.name === 'Object';
}

function listed(kinds: readonly Kind[]): string {
  return kinds.map(worded).join(' or ');
}

function worded(kind: Kind): string {
  if (typeof kind === 'string') {
    return kind === 'any' ? 'set' : `a ${kind}`;
  }
  if ('words' in kind) {
    return kind.words.length > 8 ? `a string such as '${kind.words[0]}'` : kind.words.map(word => `'${word}'`).join(' or ');
  }
  if ('items' in kind) {
    return `a list, each ${listed(kind.items)}`;
  }
  if ('record' in kind) {
    return `an object, each value ${listed(kind.record)}`;
  }
  const name = 'class' in kind ? kind.class : kind.props;
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}

/** `; take Accelerator.L4` */
function hint(kinds: readonly Kind[], value: unknown): string {
  for (const kind of kinds.filter(candidate => typeof candidate === 'object')) {
    if ('items' in kind && !Array.isArray(value) && kind.items.some(item => isOf(item, value))) {
      return `; write [${shown(value)}]`;
    }
    const members = 'class' in kind ? classes[kind.class] ?? [] : [];
    if ('class' in kind && members.length > 0) {
      const take = (typeof value === 'string' ? membersFor(value, members) : undefined) ?? members.slice(0, 3);
      return `; take ${take.map(member => `${kind.class}.${member}`).join(', ')}`;
    }
  }
  return '';
}

/** The member of that name, or what looks for such a name. */
function membersFor(text: string, members: readonly string[]): string[] | undefined {
  const meant = members.find(member => letters(text).endsWith(letters(member)))
    ?? members.find(member => member.startsWith('from'))?.replace('()', `(${shown(text)})`);
  return meant === undefined ? undefined : [meant];
}

/** `google/gemma-2-9b-it` ends in what `GEMMA_2_9B_IT` says. */
function letters(text: string): string {
  return text.toUpperCase().replace(/[^A-Z0-9]/g, '');
}

function shown(value: unknown): string {
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') {
    return typeof value;
  }
  if (typeof value === 'object' && value !== null && !isLiteral(value) && !Array.isArray(value)) {
    return classNames(value)[0];
  }
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value) ?? 'undefined';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
