import { VllmFlag } from './vllm-registry';
import { REMOVED_VALUES } from './vllm-removed';
import { nearestName } from '../common/nearest-name';
import { Refusal } from '../common/refusal';

/** A flag that loads parsers of its own; then the names that vLLM carries are not all there are. */
const PLUGINS: { readonly [flag: string]: string } = {
  '--tool-call-parser': '--tool-parser-plugin',
  '--reasoning-parser': '--reasoning-parser-plugin',
};

const SUFFIX: { readonly [suffix: string]: number } = {
  k: 1e3, m: 1e6, g: 1e9, t: 1e12, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40,
};

// small suffixes are decimal and take fractions, capital ones are binary and do not: vllm/utils/argparse_utils.py, human_readable_int
const HUMAN = /^(-?\d+(?:\.\d+(?=[kmgt]))?)([kmgtKMGT])?$/;

const NUMBERS: { readonly [type: string]: { readonly pattern: RegExp; readonly is: string } } = {
  integer: { pattern: /^(-?\d+)$/, is: 'it is a whole number' },
  number: { pattern: /^(-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)$/, is: 'it is a number' },
  humanInteger: { pattern: HUMAN, is: 'it is a whole number, or one with a suffix such as 8k (8000) or 8K (8192)' },
  humanIntegerOrAuto: { pattern: HUMAN, is: 'it is a whole number, one with a suffix such as 8k (8000) or 8K (8192), or auto' },
};

/** The part of a release that judges one name. */
interface KnownFlags {
  readonly version: string;
  flag(name: string): VllmFlag;
  /** Fields of a configuration class that a JSON value makes. */
  configFields(config: string): readonly string[];
}

interface Argument {
  readonly name: string;
  readonly flag: VllmFlag;
  /** The rest of `--name.key.key`, which sets one key of a JSON value. */
  readonly key?: string;
  readonly values: string[];
}

/** Stands for every field of a class. */
export const WHOLE = '*';

/** A field of vLLM's configuration that an argument sets. */
export interface VllmSetting {
  /** The argument without its value, for example `--compilation-config.mode`. */
  readonly argument: string;
  /** The key of its JSON value that sets the field; absent when the whole argument does. */
  readonly key?: string;
  /** Class and field, for example `CompilationConfig.mode`. */
  readonly field: string;
  readonly values: readonly string[];
}

/**
 * Refuses an argument list of `vllm serve` that the release would refuse or misread.
 *
 * Stricter than vLLM's parser: names in full, nothing twice, nothing deprecated, and the values that vLLM looks at only when the
 * engine starts, which is after the pod was scheduled and the weights were mounted.
 */
export function checkVllmArguments(release: KnownFlags, args: readonly string[]): void {
  const found = split(release, args);
  found.forEach(argument => checkShape(release, argument));
  const names = found.map(argument => argument.name + (argument.key ?? ''));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) {
    throw new Refusal(`vLLM ${release.version}: ${twice} is given twice; the last one would win`);
  }
  if (names.includes('--model')) {
    throw new Refusal(`vLLM ${release.version}: 'vllm serve' takes the model as its first argument; --model goes away`);
  }
  for (const argument of found) {
    const { flag } = argument;
    if (flag.deprecated) {
      throw new Refusal(`vLLM ${release.version}: ${argument.name} is deprecated and goes away; leave it out`);
    }
    const known = !names.includes(PLUGINS[argument.name] ?? '');
    for (const value of argument.key === undefined ? argument.values : []) {
      checkValue(release, argument.name, flag, value, known);
    }
    checkKeys(release, argument);
  }
}

/** What an argument list sets in vLLM's configuration, whichever spelling it takes. */
export function vllmSettings(release: KnownFlags, args: readonly string[]): VllmSetting[] {
  return split(release, args).flatMap((argument) => {
    const { name, flag, key, values } = argument;
    const keys = keysOf(argument);
    const field = flag.config === undefined ? flag.sets : `${flag.config}.${keys[0] ?? WHOLE}`;
    return key === undefined && keys.length > 0
      ? keys.map(inner => ({ argument: name, key: inner, field: `${flag.config}.${inner}`, values }))
      : [{ argument: name + (key ?? ''), field, values }];
  });
}

/** The fields that an argument sets in the class that its JSON value makes. */
function keysOf({ flag, key, values }: Argument): string[] {
  if (flag.config === undefined) {
    return [];
  }
  return key === undefined ? Object.keys(jsonObject(values[0]) ?? {}) : [key.split('.')[1].replace(/\+$/, '')];
}

function jsonObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function checkKeys(release: KnownFlags, argument: Argument): void {
  const { name, flag } = argument;
  const known = flag.config === undefined ? [] : release.configFields(flag.config);
  const wrong = keysOf(argument).find(key => !known.includes(key));
  if (wrong !== undefined) {
    const nearest = nearestName(wrong, known);
    throw new Refusal(`vLLM ${release.version}: ${name} has no key '${wrong}'${nearest ? `; did you mean '${nearest}'?` : ''}`);
  }
}

function isFlag(text: string): boolean {
  // a negative number is a value
  return text.startsWith('-') && !/^-\d/.test(text);
}

function split(release: KnownFlags, args: readonly string[]): Argument[] {
  const found: Argument[] = [];
  for (let index = 0; index < args.length; index++) {
    const text = args[index];
    if (!isFlag(text)) {
      if (index === 0) {
        continue;
      }
      throw new Refusal(`vLLM ${release.version}: '${text}' stands alone; only the model does, and it comes first`);
    }
    const [, spelled, key, attached] = /^([^.=]+)(\.[^=]+)?(?:=([^]*))?$/.exec(text)!;
    const flag = release.flag(spelled);
    const values = attached === undefined ? [] : [attached];
    while (attached === undefined && index + 1 < args.length && !isFlag(args[index + 1]) && takesMore(flag, values.length)) {
      values.push(args[++index]);
    }
    found.push({ name: spelled, flag, key, values });
  }
  return found;
}

function takesMore(flag: VllmFlag, taken: number): boolean {
  return flag.type !== 'boolean' && (flag.list || taken === 0);
}

function checkShape({ version }: KnownFlags, { name, key, flag, values }: Argument): void {
  if (flag.type === 'boolean' && values.length > 0) {
    const off = flag.negated ? `; ${flag.negated[0]} turns it off` : '';
    throw new Refusal(`vLLM ${version}: ${name}=${values[0]} takes no value${off}`);
  }
  if (flag.type !== 'boolean' && !flag.optionalValue && values.length === 0) {
    throw new Refusal(`vLLM ${version}: ${name} needs a value`);
  }
  if (key && flag.type !== 'json') {
    throw new Refusal(`vLLM ${version}: ${name} is no JSON value, so it has no key '${key.slice(1)}'`);
  }
}

function checkValue(release: KnownFlags, name: string, flag: VllmFlag, value: string, complete: boolean): void {
  const refuse = (why: string): Error => new Refusal(`vLLM ${release.version}: ${name} does not take '${value}': ${why}`);
  if (value === '' && flag.list) {
    throw refuse('it is empty');
  }
  const removed = REMOVED_VALUES.find(entry => entry.name === value);
  const allowed = flag.choices ?? (complete ? flag.values : undefined);
  if (allowed && !allowed.map(String).includes(value)) {
    throw refuse(removed ? `it was removed in ${removed.since}; ${removed.instead}` : `it is one of ${allowed.join(', ')}`);
  }
  if (flag.type === 'json' || (flag.type === 'jsonOrString' && value.startsWith('{'))) {
    checkJson(flag, value, refuse);
  } else if (Object.hasOwn(NUMBERS, flag.type)) {
    checkNumber(flag, value, refuse);
  }
}

function checkJson(flag: VllmFlag, value: string, refuse: (why: string) => Error): void {
  try {
    JSON.parse(value);
  } catch (error) {
    throw refuse(`it is no JSON (${(error as Error).message})`);
  }
  if (flag.config !== undefined && jsonObject(value) === undefined) {
    throw refuse('it is no JSON object');
  }
}

function checkNumber(flag: VllmFlag, value: string, refuse: (why: string) => Error): void {
  if (flag.type === 'humanIntegerOrAuto' && value === 'auto') {
    return;
  }
  const [, digits, suffix] = NUMBERS[flag.type].pattern.exec(value) ?? [];
  if (digits === undefined) {
    throw refuse(NUMBERS[flag.type].is);
  }
  const number = Number(digits) * (suffix ? SUFFIX[suffix] : 1);
  const bounds = [
    flag.above !== undefined && number <= flag.above ? `above ${flag.above}` : '',
    flag.minimum !== undefined && number < flag.minimum ? `at least ${flag.minimum}` : '',
    flag.below !== undefined && number >= flag.below ? `below ${flag.below}` : '',
    flag.maximum !== undefined && number > flag.maximum ? `at most ${flag.maximum}` : '',
  ].filter(text => text);
  if (bounds.length > 0) {
    throw refuse(`it is ${bounds.join(' and ')}`);
  }
}
