/** Strings that at least one YAML reader takes for something else, or that other writers have got wrong. */
export const HOSTILE_STRINGS = [
  '', ' ', '\n', '\n\n', '\t', 'a\tb', '\ta', ' a', 'a ', 'a\n', 'a\n\n', '\na', ' a\nb', 'a\n b', 'a \nb', 'a\n\n b\n', 'a\n  \nb', 'a\n  \n', 'a\n\t\nb',
  'a\r\nb', 'a\rb', 'y', 'Y', 'n', 'yes', 'No', 'on', 'OFF', 'true', 'True', 'false', 'null', 'Null', '~', '-', '--', '---', '--- a', '...', '?', ':', ': ',
  'a: b', 'a:b', 'a:', ':a', '- a', '-a', '#', '# a', 'a #b', 'a#b', '!', '!!str a', '!tag', '&a', '*a', '@a', '`a`', '%a', '|', '>', '|-', '{', '}', '{a}', '{{x}}',
  '[', ']', '[]', '{}', ',', '"', '\'', '\\', '\\n', '"a"', '\'a\'', '0', '1', '-1', '+1', '007', '0o17', '0x1F', '0b101', '1_000', '1e3', '1E3', 'e4', 'E12', 'e-7', '.5', '5.', '1.0',
  '.inf', '-.INF', '.nan', 'NaN', 'Infinity', '1:30', '190:20:30', '2026-11-21', '2026-11-21T00:00:00Z', '=', '<<', '10Gi', '500m', 'a\nb: c', 'a\n---\nb',
  'a\n# b\n', 'a\n...\n', '\u00a0', 'é', '日本語', '😀', '\ufeff', 'a\ufeffb', 'a\n\ufeff', '\ufeffa\nb', '\u200b', '\ud7ff', '\ue000', '\ufffd', '\u{10ffff}', 'x'.repeat(3000),
  'a\n'.repeat(2000), `${'x'.repeat(200)} ${'y'.repeat(200)}`, '__proto__', 'constructor',
];

const ALPHABETS = ['abcXYZ019', ' \n\t', '\n a', '-:#?!&*|>{}[],"\'\\%@`~=<', 'é日😀\ufeff\u00a0\r', '0123456789._eExXobnNyY+-'];

/** No longer than readers take, and not the one key that kustomize drops. */
export function keyFrom(text: string): string {
  return text === '<<' ? '<' : text.slice(0, 150);
}

/** Manifests of any shape and with any readable string, the same for the same seed. */
export class RandomManifests {
  private count = 0;

  constructor(private seed: number) {}

  public next(): Record<string, unknown> {
    return { apiVersion: 'test/v1', kind: 'Any', metadata: { name: `any-${this.count++}` }, spec: this.mapping(3), list: [this.value(3)] };
  }

  public string(): string {
    if (this.below(3) === 0) {
      return HOSTILE_STRINGS[this.below(HOSTILE_STRINGS.length)];
    }
    const alphabets = [ALPHABETS[this.below(ALPHABETS.length)], ALPHABETS[this.below(ALPHABETS.length)]].map(text => [...text]);
    return Array.from({ length: this.below(30) }, () => {
      const alphabet = alphabets[this.below(2)];
      return alphabet[this.below(alphabet.length)];
    }).join('');
  }

  private value(depth: number): unknown {
    switch (this.below(depth > 0 ? 8 : 4)) {
      case 0: return this.below(2) === 0;
      case 1: return this.number();
      case 4: case 5: return this.mapping(depth - 1);
      case 6: case 7: return Array.from({ length: this.below(4) }, () => this.value(depth - 1));
      default: return this.string();
    }
  }

  private mapping(depth: number): Record<string, unknown> {
    return Object.fromEntries(Array.from({ length: this.below(5) }, () => [keyFrom(this.string()), this.value(depth)]));
  }

  private number(): number {
    const size = 10 ** (this.below(31) - 15);
    const number = (this.below(2_000_001) - 1_000_000) * size;
    return this.below(2) === 0 || Math.abs(number) > Number.MAX_SAFE_INTEGER ? this.below(100_000) - 50_000 : number;
  }

  /** Mulberry32. */
  private below(limit: number): number {
    this.seed = (this.seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.seed ^ (this.seed >>> 15), this.seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296 * limit);
  }
}
