import { Sources } from './sources';

/** Two places with the same lines. */
export interface Repetition {
  readonly places: readonly [string, string];
  /** `lib/a.ts:10 ~ lib/b.ts:20: 7 lines` */
  readonly text: string;
}

interface Line {
  readonly file: string;
  readonly number: number;
  readonly text: string;
}

/** Says nothing by itself: empty, punctuation, a comment, an import, or a member of a list of imports or exports. */
const TRIVIAL = new RegExp(`^(?:${[
  '', '[\\][(){};,]+', '//.*|/?\\*.*|#.*', '(?:import|export) .*from \'.*\';', '\\} from \'.*\';', 'import \\{', 'import [\\w., ]+|from \\S+ import .*',
].join('|')})$`);

/** Every run of so many lines that stands twice, white space and trivial lines aside. Runs of a pair of places that touch are one. */
export function repeatedLines(sources: Sources, least = 6): Repetition[] {
  const lines = [...sources].flatMap(([file, text]) => linesOf(file, text));
  const seen = new Map<string, number[]>();
  for (let start = 0; start + least <= lines.length; start++) {
    const window = lines.slice(start, start + least);
    if (window[0].file === window[least - 1].file) {
      const key = window.map(({ text }) => text).join('\n');
      seen.set(key, [...seen.get(key) ?? [], start]);
    }
  }
  return [...seen.values()].flatMap(starts => starts.slice(1).map(other => [starts[0], other] as const))
    .filter(([one, other]) => !continues(lines, one, other))
    .map(([one, other]) => {
      const places = [lines[one].file, lines[other].file] as const;
      return { places, text: `${at(lines[one])} ~ ${at(lines[other])}: ${lengthOf(lines, one, other)} lines` };
    });
}

function linesOf(file: string, text: string): Line[] {
  return text.split('\n')
    .map((line, index) => ({ file, number: index + 1, text: line.trim().replace(/\s+/g, ' ') }))
    .filter(line => !TRIVIAL.test(line.text));
}

function same(one: Line | undefined, other: Line | undefined, before: Line, behind: Line): boolean {
  return one !== undefined && other !== undefined && one.text === other.text && one.file === before.file && other.file === behind.file;
}

/** Whether the lines before are the same as well, so that the run is part of one that was reported. */
function continues(lines: readonly Line[], one: number, other: number): boolean {
  return same(lines[one - 1], lines[other - 1], lines[one], lines[other]);
}

function lengthOf(lines: readonly Line[], one: number, other: number): number {
  let length = 0;
  while (same(lines[one + length], lines[other + length], lines[one], lines[other])) {
    length++;
  }
  return length;
}

function at({ file, number }: Line): string {
  return `${file}:${number}`;
}
