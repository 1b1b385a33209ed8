import { AppSurvey, shortPath } from './app-survey';

/** One change of manifests, with the objects that it is in. */
export interface ObjectChange {
  /** Lines that go and come: `image: a → image: b`. */
  readonly what: string;
  readonly objects: readonly string[];
}

/** Manifests and Terraform; a report on them would say the same once more. */
const OBJECTS = /\.(ya?ml|tf\.json)$/;

type Texts = AppSurvey['files'];

const LONGEST_LINE = 100;

/** What differs between two runs of an app, each change once, the most frequent first. */
export function objectChanges(before: Texts, after: Texts): ObjectChange[] {
  const groups = new Map<string, string[]>();
  for (const file of [...new Set([...before.keys(), ...after.keys()])].filter(name => OBJECTS.test(name))) {
    for (const what of new Set(changesOf(before.get(file), after.get(file)))) {
      groups.set(what, [...groups.get(what) ?? [], shortPath(file)]);
    }
  }
  return [...groups].map(([what, objects]) => ({ what, objects })).sort((one, other) => other.objects.length - one.objects.length);
}

function changesOf(before: string | undefined, after: string | undefined): string[] {
  if (before === after) {
    return [];
  }
  if (before === undefined || after === undefined) {
    return [before === undefined ? 'is new' : 'is gone'];
  }
  const [gone, come] = [linesWithout(before, after), linesWithout(after, before)];
  return gone.length === come.length
    ? gone.map((line, index) => `${line} → ${come[index]}`)
    : [...gone.map(line => `no longer ${line}`), ...come.map(line => `now ${line}`)];
}

/** Lines that the other text does not have, or not as often. */
function linesWithout(text: string, other: string): string[] {
  const left = new Map<string, number>();
  linesOf(other).forEach(line => left.set(line, (left.get(line) ?? 0) + 1));
  return linesOf(text).filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}

function linesOf(text: string): string[] {
  return text.split('\n').map(line => line.trim().replace(/^- /, '')).map(line => line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE - 1)}…` : line);
}
