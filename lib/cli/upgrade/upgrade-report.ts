import { VllmRelease } from '../../catalog';
import { PlanFigures, SurveyedServer } from '../../common/upgrade-run';
import { ExitCode, Failure } from '../failure';
import { AppSurvey, cellOf } from './app-survey';
import { ObjectChange, objectChanges } from './object-changes';
import { differencesOf, ReleaseDifferences } from './release-differences';
import { UsedNames, usedNames } from './used-names';

/** A server before and after an upgrade. */
export interface UpgradedCell {
  readonly cell: string;
  readonly server: string;
  readonly model: string;
  readonly accelerator: string;
  /** Whether its image is pinned to a digest, which the newer release does not have. */
  readonly pinned: boolean;
  readonly before: PlanFigures;
  /** Absent when the model does not fit any more. */
  readonly after?: PlanFigures;
  /** Why there would be no server with the newer release. */
  readonly refusal?: string;
}

/** Everything that an upgrade does. */
export interface UpgradeReport {
  readonly from: string;
  readonly to: string;
  /** Whether something that is used is gone, or a cell no longer fits. */
  readonly breaks: boolean;
  readonly used: UsedNames;
  readonly cells: readonly UpgradedCell[];
  /** Servers that run another release and stay as they are. */
  readonly untouched: readonly { readonly server: string; readonly release: string }[];
  /** Objects that differ; those of refused servers are not known. */
  readonly objects: readonly ObjectChange[];
  /** Why the app does not run with the newer release; then the objects are not known. */
  readonly appRefusal?: string;
  /** Everything that differs between the releases, used or not. */
  readonly release: ReleaseDifferences;
}

/** What the app says of itself with the older release, and what it writes with the newer one. */
export interface UpgradeSurveys {
  readonly before: AppSurvey;
  /** Those that the newer release refuses stay as they are. */
  readonly after: (stay: readonly string[]) => AppSurvey;
}

/**
 * The report of an upgrade.
 *
 * @param chosen - cells or servers that it is about; all without it
 * @throws on a cell that there is not, and when no server runs the older release
 */
export function upgradeReport(
  from: VllmRelease, to: VllmRelease, { before, after }: UpgradeSurveys, chosen?: readonly string[],
): UpgradeReport {
  const survey = chosen === undefined ? before : only(before, chosen);
  const upgraded = survey.servers.filter(server => server.upgraded);
  if (upgraded.length === 0) {
    const others = [...new Set(survey.servers.map(({ release }) => release))].join(' and ');
    throw new Failure(ExitCode.USAGE, `no server runs vLLM ${from.version}; they run ${others}`);
  }
  const release = differencesOf(from, to);
  const used = usedNames(from, to, release, survey);
  const cells = upgraded.map(server => cellAfter(server, before)).sort((one, other) => one.cell < other.cell ? -1 : 1);
  const refused = upgraded.filter(({ name, refusal }) =>
    refusal !== undefined || used.gone.some(({ where }) => where.some(place => place.includes(name))));
  const stay = before.servers.filter(server => refused.includes(server) || !upgraded.includes(server)).map(({ name }) => name);
  const changes = objectsAfter(survey, before, () => after(stay));
  return {
    from: from.version, to: to.version,
    breaks: used.gone.length > 0 || refused.length > 0 || changes.appRefusal !== undefined,
    used, cells,
    untouched: survey.servers.filter(server => !server.upgraded).map(server => ({ server: server.name, release: server.release })),
    ...changes, release,
  };
}

/** What is of these cells, and of no other one. */
function only(survey: AppSurvey, chosen: readonly string[]): AppSurvey {
  const cells = new Map(survey.servers.map(server => [server.name, cellOf(server, survey)]));
  const unknown = chosen.filter(name => ![...cells].flat().includes(name));
  if (unknown.length > 0) {
    throw new Failure(ExitCode.USAGE, `there is no cell ${unknown.join(', ')}; there are ${[...new Set(cells.values())].join(', ')}`);
  }
  const isChosen = (name: string) => chosen.includes(name) || chosen.includes(cells.get(name)!);
  const folders = [...cells].filter(([name]) => !isChosen(name)).map(([, cell]) => `/${cell}/`);
  return {
    servers: survey.servers.filter(({ name }) => isChosen(name)),
    files: new Map([...survey.files].filter(([file]) => !folders.some(folder => `/${file}`.includes(folder)))),
  };
}

function cellAfter(server: SurveyedServer, survey: AppSurvey): UpgradedCell {
  const { name, model, accelerator, pinned, before, after, refusal } = server;
  return { cell: cellOf(server, survey), server: name, model, accelerator, pinned, before, after, refusal };
}

function objectsAfter({ files }: AppSurvey, whole: AppSurvey, run: () => AppSurvey): Pick<UpgradeReport, 'objects' | 'appRefusal'> {
  try {
    const after = run().files;
    // what is not looked at before is not looked at after
    const looked = new Map([...after].filter(([file]) => files.has(file) || !whole.files.has(file)));
    return { objects: objectChanges(files, looked) };
  } catch (error) {
    if (error instanceof Failure) {
      return { objects: [], appRefusal: error.message };
    }
    throw error;
  }
}
