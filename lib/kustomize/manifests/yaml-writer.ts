import { Refusal } from '../../common/refusal';

/** Keys that people look for first; all others follow in alphabetical order, so the order never depends on who built the object. */
const LEADING_KEYS = ['apiVersion', 'kind', 'metadata', 'name', 'namespace', 'labels', 'annotations', 'image', 'command', 'args'];
const RANK = new Map(LEADING_KEYS.map((key, index) => [key, index]));

/**
 * Words that every reader takes for a string: YAML 1.1 (kubectl, PyYAML) and 1.2 disagree on nearly everything else,
 * and the `yaml` package takes e4 and e-7 for numbers.
 */
const PLAIN = /^(?!(?:y|n|yes|no|on|off|true|false|null|e[-\d].*)$)[a-z][a-z0-9_./-]*$/i;

/** What needs nothing but quotes. */
const QUOTABLE = /^[ !#-[\]-~]*$/;

/** Control characters, line separators that are no newline to all readers, non-characters and lone surrogates. */
const UNREADABLE = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]|\p{Surrogate}/u;

/** A text that keeps every byte as a literal block: no leading or trailing white space but one newline, no carriage return. */
const LITERAL = /^[^\s\ufeff](?:[^\r\ufeff]*[^\s\ufeff])?\n?$/;

/** Readers stop looking for the colon behind a key after 1024 characters. */
const LONGEST_KEY = 1000;

/**
 * Renders one manifest as YAML that kubectl, PyYAML and the `yaml` package read back as the identical value.
 * Throws on a value that would be read differently, or lost.
 */
export function toYaml(manifest: unknown): string {
  return new YamlWriter().document(manifest);
}

class YamlWriter {
  private text = '';
  private readonly path: (string | number)[] = [];

  public document(manifest: unknown): string {
    if (!isMapping(manifest) || Object.keys(manifest).length === 0) {
      throw this.error(`a manifest is an object with keys, got ${JSON.stringify(manifest)}`);
    }
    this.mapping(manifest, '', '');
    return this.text;
  }

  /** `lead` stands before the first key: the indentation, or the dash of the list item that this mapping is. */
  private mapping(mapping: Record<string, unknown>, indent: string, lead: string): void {
    for (const key of keysInOrder(mapping)) {
      const value = mapping[key];
      this.path.push(key);
      this.text += `${lead}${this.key(key)}:`;
      if (!isFilled(value)) {
        this.text += ` ${this.scalar(value, indent)}\n`;
      } else if (Array.isArray(value)) {
        this.text += '\n';
        this.sequence(value, indent, indent);
      } else {
        this.text += '\n';
        this.mapping(value, `${indent}  `, `${indent}  `);
      }
      lead = indent;
      this.path.pop();
    }
  }

  private sequence(items: unknown[], indent: string, lead: string): void {
    for (let index = 0; index < items.length; index++) {
      const item = items[index];
      this.path.push(index);
      if (!isFilled(item)) {
        this.text += `${lead}- ${this.scalar(item, indent)}\n`;
      } else if (Array.isArray(item)) {
        this.sequence(item, `${indent}  `, `${lead}- `);
      } else {
        this.mapping(item, `${indent}  `, `${lead}- `);
      }
      lead = indent;
      this.path.pop();
    }
  }

  private key(key: string): string {
    const text = this.string(key);
    if (key === '<<') {
      throw this.error('is a key that kustomize takes for a YAML merge, quoted or not, and drops; rename it');
    }
    if (text.length > LONGEST_KEY) {
      throw this.error(`a key of ${key.length} characters, but YAML readers take at most ${LONGEST_KEY}; shorten it`);
    }
    return text;
  }

  private scalar(value: unknown, indent: string): string {
    switch (typeof value) {
      case 'string':
        return value.includes('\n') && LITERAL.test(value) ? this.literal(value, `${indent}  `) : this.string(value);
      case 'boolean':
        return String(value);
      case 'number':
        return this.number(value);
      default:
        if (value === null || value === undefined) {
          throw this.error(`is ${value}: a value was lost on the way. Leave the key out, or, if a JSON patch set it, use the L1 class`);
        }
        return Array.isArray(value) ? '[]' : isMapping(value) ? '{}' : this.notPlain(value);
    }
  }

  private number(value: number): string {
    if (!Number.isFinite(value)) {
      throw this.error(`is ${value}, which no manifest can hold`);
    }
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      throw this.error(`is ${value}, beyond ±2^53 where digits are lost; write it as a string`);
    }
    // PyYAML takes 1e-7 for a string; it wants the dot.
    return String(value).replace(/^(-?\d)e/, '$1.0e');
  }

  private string(value: string): string {
    if (PLAIN.test(value)) {
      return value;
    }
    if (QUOTABLE.test(value)) {
      return `"${value}"`;
    }
    this.refuseUnreadable(value);
    return JSON.stringify(value).replace(/\ufeff/g, '\\ufeff');
  }

  private literal(value: string, indent: string): string {
    this.refuseUnreadable(value);
    const end = value.endsWith('\n') ? value.length - 1 : value.length;
    const lines = value.slice(0, end).replace(/\n(?!\n)/g, `\n${indent}`);
    return `${end < value.length ? '|' : '|-'}\n${indent}${lines}`;
  }

  private refuseUnreadable(value: string): void {
    const found = UNREADABLE.exec(value);
    if (found) {
      const code = found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
      throw this.error(`holds the character U+${code} at position ${found.index}, which YAML readers change or reject; remove it`);
    }
  }

  private notPlain(value: unknown): never {
    throw this.error(`is a ${typeof value === 'object' ? value?.constructor.name : typeof value}, not a plain value; render it first`);
  }

  private error(message: string): Error {
    return new Refusal(`${pathText(this.path)} ${message}`);
  }
}

/** `spec.containers[0].args[2]`, or `data["chat.py"]` for a key that is no word. */
export function pathText(path: readonly (string | number)[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'string' && /^[A-Za-z_]\w*$/.test(step)) {
      return text ? `${text}.${step}` : step;
    }
    return `${text}[${JSON.stringify(step)}]`;
  }, '');
}

function keysInOrder(mapping: Record<string, unknown>): string[] {
  const leading: string[] = [];
  const others: string[] = [];
  for (const key of Object.keys(mapping)) {
    (RANK.has(key) ? leading : others).push(key);
  }
  return [...leading.sort((a, b) => RANK.get(a)! - RANK.get(b)!), ...others.sort()];
}

/** Whether it is a list or a mapping with something in it. */
function isFilled(value: unknown): value is unknown[] | Record<string, unknown> {
  return typeof value === 'object' && value !== null && (Array.isArray(value) ? value.length > 0 : isMapping(value) && Object.keys(value).length > 0);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
