import { VllmRelease } from '../../catalog';
import { orRefusal, Refusal } from '../../common/refusal';
import { SurveyedServer } from '../../common/upgrade-run';
import { AppSurvey, shortPath } from './app-survey';
import { ChangedName, ReleaseDifferences } from './release-differences';

export type UsedKind = 'flag' | 'environment' | 'metric' | 'architecture' | 'quantization';

/** A name that the app uses and that is not what it was. */
export interface UsedName {
  readonly kind: UsedKind;
  readonly name: string;
  readonly what: string;
  /** The servers that use it, or the objects that do. */
  readonly where: readonly string[];
}

/** What the newer release does to the names that an app uses. */
export interface UsedNames {
  readonly gone: readonly UsedName[];
  readonly changed: readonly UsedName[];
}

/** One name at one place. */
interface Use {
  readonly kind: UsedKind;
  readonly name: string;
  readonly where: string;
  /** Asks a release whether it takes the name as it is used. */
  readonly ask: (release: VllmRelease) => unknown;
}

/** A metric as it stands in rules, dashboards and autoscalers; a pattern may end in the middle of a name. */
const METRIC = /\bvllm:[A-Za-z0-9_:]*[A-Za-z0-9]/g;

const SECTION_OF: { readonly [kind in UsedKind]: keyof ReleaseDifferences } = {
  flag: 'flags', environment: 'environment', metric: 'metrics', architecture: 'architectures', quantization: 'quantizations',
};

/** Of the servers that would be upgraded, and of everything that is written beside them. */
export function usedNames(from: VllmRelease, to: VllmRelease, differences: ReleaseDifferences, survey: AppSurvey): UsedNames {
  const uses = [...survey.servers.filter(({ upgraded }) => upgraded).flatMap(usesOfServer), ...usesOfMetrics(survey.files)];
  const gone = uses.map(use => ({ use, refusal: refusalOf(use, from, to) })).filter(({ refusal }) => refusal !== undefined);
  const changed = uses.map(use => ({ use, change: changeOf(use, from, differences) }))
    .filter(({ change }) => change !== undefined && change.what.length > 0);
  return {
    gone: grouped(gone.map(({ use, refusal }) => ({ ...use, what: refusal!.message }))),
    changed: grouped(changed.filter(({ use }) => !gone.some(other => other.use === use))
      .map(({ use, change }) => ({ ...use, what: change!.what.join('; ') }))),
  };
}

function usesOfServer({ name, args, environment, architecture, quantization }: SurveyedServer): Use[] {
  const [model, ...flags] = args;
  return [
    ...argumentsOf(flags).map((argument): Use => (
      { kind: 'flag', name: argument[0].split(/[=.]/)[0], where: name, ask: release => release.checkArgs([model, ...argument]) })),
    ...environment.filter(variable => variable.startsWith('VLLM_')).map((variable): Use => (
      { kind: 'environment', name: variable, where: name, ask: release => release.environment(variable) })),
    { kind: 'architecture', name: architecture, where: name, ask: release => release.model(architecture) },
    ...quantization === undefined ? [] : [
      { kind: 'quantization', name: quantization, where: name, ask: release => release.quantization(quantization) } satisfies Use,
    ],
  ];
}

/** Each flag with the values that follow it. */
function argumentsOf(args: readonly string[]): string[][] {
  const found: string[][] = [];
  for (const arg of args) {
    if (arg.startsWith('--')) {
      found.push([arg]);
    } else {
      found.at(-1)?.push(arg);
    }
  }
  return found;
}

function usesOfMetrics(files: AppSurvey['files']): Use[] {
  return [...files].flatMap(([file, text]) => [...new Set(text.match(METRIC) ?? [])].map((name): Use => (
    { kind: 'metric', name, where: shortPath(file), ask: release => release.metric(name) })));
}

/** Why the newer release does not take it; undefined when it does, or when the older one does not know it either. */
function refusalOf({ ask }: Use, from: VllmRelease, to: VllmRelease): Refusal | undefined {
  const answer = orRefusal(() => ask(to));
  return answer instanceof Refusal && !(orRefusal(() => ask(from)) instanceof Refusal) ? answer : undefined;
}

function changeOf({ kind, name }: Use, from: VllmRelease, differences: ReleaseDifferences): ChangedName | undefined {
  const { flags } = from.names;
  const whole = kind === 'flag' ? Object.keys(flags).find(flag => flag === name || flags[flag].negated?.includes(name)) : name;
  return differences[SECTION_OF[kind]].changed.find(change => change.name === whole);
}

/** The same at several places is said once. */
function grouped(uses: readonly (Omit<UsedName, 'where'> & { readonly where: string })[]): UsedName[] {
  const groups = new Map<string, UsedName & { where: string[] }>();
  for (const { kind, name, what, where } of uses) {
    const key = JSON.stringify([kind, name, what]);
    groups.set(key, groups.get(key) ?? { kind, name, what, where: [] });
    groups.get(key)!.where.push(where);
  }
  return [...groups.values()];
}
