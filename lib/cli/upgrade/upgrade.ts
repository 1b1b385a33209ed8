import { existsSync, readFileSync } from 'node:fs';
import { VllmRelease } from '../../catalog';
import { releaseNamed } from '../../catalog/upgrade-release';
import { orRefusal, Refusal } from '../../common/refusal';
import { Command, Output, parsed } from '../command';
import { ExitCode, Failure } from '../failure';
import { Environment } from '../hub-token';
import { writeFile } from '../write-file';
import { surveyOf } from './app-survey';
import { htmlOf } from './report-html';
import { textOf } from './report-text';
import { upgradeReport } from './upgrade-report';

const USAGE = 'usage: npx cdk8s-vllm upgrade --from RELEASE --to RELEASE [--cells CELL,…] [--app COMMAND] [--json] [--html FILE]';

const HELP = `${USAGE}

Says what another release of vLLM does to your servers, before a pod starts: names that you use and that go or
change, the plan of every cell before and after, what no longer fits, and the objects that change. Your app is run
twice, and writes into a temporary folder; nothing of yours is changed.

  --from RELEASE  release that you serve now, such as 0.32.0
  --to RELEASE    release that you would serve; or the registry of one that the catalogue lacks, vllm-X.Y.Z.json
  --cells CELLS   only these cells or servers, with commas between
  --app COMMAND   what runs your app; the 'app' of cdk8s.yaml without it
  --json          the report as JSON
  --html FILE     the report as a page, as well
  --help          this text

Servers of the older release, and those that leave it to the library, are compared; all others stay.

Exit codes: 0 nothing that is used goes and every cell fits, 1 something does not, 64 wrong usage, 65 the app fails,
66 it makes no server, 73 the page cannot be written.`;

/** Exit code of an upgrade that would break something. */
const BREAKS = 1;

/** `npx cdk8s-vllm upgrade`. */
export const UPGRADE: Command = { usage: USAGE, help: HELP, run: upgrade };

/** Compares, prints, and gives the exit code. */
async function upgrade(args: string[], environment: Environment, { out }: Output): Promise<number> {
  const { positionals, values } = parsed(args, {
    from: { type: 'string' }, to: { type: 'string' }, cells: { type: 'string' }, app: { type: 'string' }, html: { type: 'string' },
    json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' },
  });
  if (values.help) {
    out(HELP);
    return 0;
  }
  if (positionals.length > 0) {
    throw new Failure(ExitCode.USAGE, `'${positionals[0]}' is no option`);
  }
  const { from, to } = values;
  if (!from || !to) {
    throw new Failure(ExitCode.USAGE, `say which release you ${from ? 'would serve: --to' : 'serve now: --from'}`);
  }
  const [older, newer] = [requireRelease('--from', from), requireRelease('--to', to)];
  const app = { from, to, command: values.app ?? commandOfApp(), environment };
  const cells = values.cells?.split(',').map(name => name.trim()).filter(name => name !== '');
  const report = upgradeReport(older, newer, { before: surveyOf(app, 'from'), after: stay => surveyOf(app, 'to', stay) }, cells);
  out(values.json ? JSON.stringify(report, undefined, 2) : textOf(report));
  if (values.html) {
    writeFile(values.html, htmlOf(report));
  }
  return report.breaks ? BREAKS : 0;
}

function requireRelease(option: string, text: string): VllmRelease {
  const release = orRefusal(() => releaseNamed(text));
  if (release instanceof Refusal) {
    throw new Failure(ExitCode.USAGE, `${option}: ${release.message}`);
  }
  return release;
}

/** https://cdk8s.io/docs/latest/cli/synth/ */
function commandOfApp(): string {
  const [, command] = existsSync('cdk8s.yaml') ? /^app: *(.+?) *$/m.exec(readFileSync('cdk8s.yaml', 'utf8')) ?? [] : [];
  if (command === undefined) {
    throw new Failure(ExitCode.USAGE, 'there is no cdk8s.yaml with an \'app\' here; say what runs your app: --app \'npx ts-node main.ts\'');
  }
  return command.replace(/^(['"])(.*)\1$/, '$2');
}
