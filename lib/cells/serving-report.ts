import { Chart } from 'cdk8s';
import { requireProps } from '../common/props';
import { Refusal } from '../common/refusal';
import { wholeNumber } from '../common/whole-number';
import { KustomizeUnit } from '../kustomize';
import { reportPage } from '../report/page';
import { Reported } from '../report/reported';
import { ServingReportProps } from '../report/serving-report-props';
import { VllmServer } from '../serving';
import { hasIdentity } from './cell-units';
import { reportOf } from './cell-report';
import { ImpossibleCell } from './impossible-cell';
import { reportedServer } from './reported-server';
import { VllmCell } from './vllm-cell';

const SECONDS = ['timeToFirstTokenSeconds', 'interTokenLatencySeconds'] as const;
const TOKENS = ['inputTokens', 'outputTokens'] as const;

/**
 * What is served, for people and for programs: `index.html`, one page that opens anywhere without a network, and `cells.json`. Written
 * together with the manifests by `app.addFolder('dist/report', ServingReport.of(cells).files)`.
 *
 * @throws on a load and goals that are none
 */
export class ServingReport {
  /** The report of cells, and of servers that stand in no cell. */
  static of(served: readonly (VllmCell | ImpossibleCell | VllmServer)[], props: ServingReportProps = {}): ServingReport {
    const report = new ServingReport(props);
    served.forEach(each => report.add(each));
    return report;
  }

  private readonly rows: object[] = [];
  private readonly reported: Reported[] = [];

  constructor(private readonly props: ServingReportProps = {}) {
    requireProps('ServingReportProps', props, 'ServingReport');
    TOKENS.forEach(name => wholeNumber(name, props[name] ?? 1, 1, undefined, 'ServingReport: '));
    for (const name of SECONDS) {
      const seconds = props[name] ?? 1;
      if (!(seconds > 0 && Number.isFinite(seconds))) {
        throw new Refusal(`ServingReport: '${name}' (${seconds}) must be a number of seconds above 0`);
      }
    }
  }

  /** Adds what is served. Its constructs are not kept, so that an app of many cells can let them go. */
  add(served: VllmCell | ImpossibleCell | VllmServer): void {
    if (served instanceof VllmServer) {
      const reported = reportedInUnit(served);
      const { accelerator, model } = reported;
      this.rows.push({ ...reportOf({ accelerator, model, storage: served.storage }, served), id: reported.id });
      this.reported.push(reported);
    } else {
      this.rows.push(served.report());
      this.reported.push(served.reported());
    }
  }

  /** Content by path below the folder of the report. */
  get files(): ReadonlyMap<string, string> {
    return new Map([['cells.json', `${JSON.stringify(this.rows, undefined, 2)}\n`], ['index.html', reportPage(this.reported, this.props)]]);
  }
}

/** A server with the workloads of the units that lie in the same folder. */
function reportedInUnit(server: VllmServer): ReturnType<typeof reportedServer> {
  const own = Chart.of(server);
  const units = KustomizeUnit.isUnit(own)
    ? own.node.root.node.findAll().filter(KustomizeUnit.isUnit).filter(({ cell }) => cell === own.cell)
    : [];
  const beside = units.flatMap(({ node }) => node.findAll()).filter(hasIdentity)
    .filter(construct => construct !== server && construct.node.scope !== server);
  return reportedServer(server, { id: units[0]?.cell ?? server.name, workloads: [server, ...beside], units });
}
