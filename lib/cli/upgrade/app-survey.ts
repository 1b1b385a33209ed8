import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SurveyedServer, UPGRADE_VARIABLE, UpgradeRun } from '../../common/upgrade-run';
import { ExitCode, Failure } from '../failure';

const MANIFESTS = 'dist/kustomize';
const SERVERS = 'servers';
const MOST_OUTPUT_BYTES = 1 << 26;
const MOST_LINES = 20;
/** How node begins to print an error that nobody caught. */
const THROWN = /^(?:Uncaught )?(?:Refusal|[A-Za-z]*Error): /;

/** What an app says and writes when it is only looked at. */
export interface AppSurvey {
  readonly servers: readonly SurveyedServer[];
  /** Text of everything that it writes, by path. */
  readonly files: ReadonlyMap<string, string>;
}

/** An app, and the two releases that it is looked at with. */
export interface LookedAtApp extends Pick<UpgradeRun, 'from' | 'to'> {
  /** Command line that runs it. */
  readonly command: string;
  readonly environment: { readonly [name: string]: string | undefined };
}

/**
 * Runs the app in the working directory, with a folder of its own for everything that it writes.
 *
 * @throws when it fails, with what it said
 */
export function surveyOf(app: LookedAtApp, takes: UpgradeRun['takes'], stay: readonly string[] = []): AppSurvey {
  const folder = mkdtempSync(join(tmpdir(), 'cdk8s-vllm-upgrade-'));
  try {
    run(app, { folder, from: app.from, to: app.to, takes, stay });
    const servers = existsSync(join(folder, SERVERS)) ? readdirSync(join(folder, SERVERS)).sort() : [];
    if (servers.length === 0) {
      throw new Failure(ExitCode.NO_INPUT, `'${app.command}' made no VllmServer; --app says which command runs your app`);
    }
    return {
      servers: servers.map(name => JSON.parse(readFileSync(join(folder, SERVERS, name), 'utf8')) as SurveyedServer),
      files: filesBelow(folder),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run({ command, environment }: LookedAtApp, upgrade: UpgradeRun): void {
  const { status, stdout, stderr } = spawnSync(command, {
    shell: true, encoding: 'utf8', maxBuffer: MOST_OUTPUT_BYTES,
    env: {
      ...environment,
      [UPGRADE_VARIABLE]: JSON.stringify(upgrade),
      // the settings of the matrix name a release by themselves
      CDK8S_VLLM_RELEASE: upgrade.from.endsWith('.json') ? environment.CDK8S_VLLM_RELEASE : upgrade.from,
      CDK8S_OUTDIR: join(upgrade.folder, MANIFESTS),
      CDKTF_OUTDIR: join(upgrade.folder, 'cdktf.out'),
    },
  });
  if (status !== 0) {
    throw new Failure(ExitCode.DATA, `'${command}' fails: ${messageIn(stderr || stdout)}`);
  }
}

/** What a person wrote, without where in the program it was. */
function messageIn(output: string): string {
  const lines = output.trim().split('\n');
  const first = lines.findIndex(line => THROWN.test(line));
  const end = lines.findIndex((line, index) => index > first && /^ +(at |\.\.\. \d)/.test(line));
  const message = first < 0 ? lines : lines.slice(first, end < 0 ? undefined : end);
  return message.slice(-MOST_LINES).join('\n').replace(THROWN, '');
}

function filesBelow(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
    .filter(name => !name.startsWith(SERVERS) && statSync(join(folder, name)).isFile());
  return new Map(names.map(name => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** Folder of the server's cell below the manifests; the server's own name in an app without cells. */
export function cellOf({ name }: Pick<SurveyedServer, 'name'>, { files }: AppSurvey): string {
  const deployment = [...files.keys()].find(file => file.endsWith(`/deployment-${name}.yaml`));
  return deployment?.slice(MANIFESTS.length + 1).split('/')[0] ?? name;
}

/** Path of a file for people: without the folder of all manifests and without its ending. */
export function shortPath(file: string): string {
  return file.replace(`${MANIFESTS}/`, '').replace(/\.(k8s\.)?ya?ml$/, '');
}
