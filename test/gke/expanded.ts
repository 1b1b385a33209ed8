import { Block } from './synthesized';

type Value = string | readonly Value[];

/** What of Terraform's language our resources with `for_each` are written in; the rig compares it with the real terraform. */
const FUNCTIONS: { readonly [name: string]: (...given: Value[]) => Value } = {
  join: (separator, list) => (list as string[]).join(separator as string),
  concat: (...lists) => lists.flat(),
  formatlist: (form, list) => (list as string[]).map(value => (form as string).replaceAll(/%\[1\]s|%s/g, () => value)),
};

/** A resource for each entry of `for_each`, where that is a map and no expression. */
export function expanded(block: Block): Block[] {
  const { for_each: entries, ...rest } = block;
  return typeof entries === 'object' ? Object.entries(entries as Record<string, Value>).map(([key, value]) => filled(rest, key, value) as Block) : [block];
}

function filled(part: unknown, key: string, value: Value): unknown {
  if (typeof part === 'string') {
    return /^\$\{\w+\(.*\)\}$/s.test(part) ? new Expression(part.slice(2, -1), value).evaluate() : part.replaceAll('${each.key}', () => key);
  }
  if (Array.isArray(part)) {
    return part.map(inner => filled(inner, key, value));
  }
  return typeof part === 'object' && part !== null
    ? Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, filled(inner, key, value)])) : part;
}

/** Calls, lists, texts and `each.value`. */
class Expression {
  private readonly tokens: string[];

  constructor(private readonly text: string, private readonly each: Value) {
    this.tokens = text.match(/"(?:[^"\\]|\\.)*"|[\w.]+|[()[\],]/g) ?? [];
  }

  evaluate(): Value {
    const value = this.value();
    if (this.tokens.length > 0) {
      throw new Error(`${this.text}: ${this.tokens.join('')} is not understood`);
    }
    return value;
  }

  private value(): Value {
    const token = this.tokens.shift() ?? '';
    if (token.startsWith('"')) {
      return JSON.parse(token) as string;
    }
    if (token === 'each.value') {
      return this.each;
    }
    if (token === '[') {
      return this.list(']');
    }
    if (!Object.hasOwn(FUNCTIONS, token) || this.tokens.shift() !== '(') {
      throw new Error(`${this.text}: ${token} is not understood`);
    }
    return FUNCTIONS[token](...this.list(')'));
  }

  private list(end: string): Value[] {
    const values: Value[] = [];
    while (this.tokens[0] !== end) {
      values.push(this.value());
      if (this.tokens[0] === ',') {
        this.tokens.shift();
      }
    }
    this.tokens.shift();
    return values;
  }
}
