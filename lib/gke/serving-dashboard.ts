import { MonitoringDashboard } from '@cdktf/provider-google/lib/monitoring-dashboard';
import { Construct } from 'constructs';
import { refusing } from '../common/refusal';
import { VllmRelease } from '../catalog';
import { charts, Scope } from '../serving/signals';
import { Project } from './project';
import { requirePropsOf } from '../common/props';

const COLUMNS = 48;
const WIDTH = 24;
const HEIGHT = 16;

/** Props of `ServingDashboard`. */
export interface ServingDashboardProps {
  /** Project whose metrics are shown. */
  readonly project: Project;
  /**
   * Release whose metrics are shown.
   * @default VllmRelease.DEFAULT
   */
  readonly release?: VllmRelease;
}

/**
 * One page of Cloud Monitoring for all servers: load, latency, cache, GPUs.
 *
 * @throws on a metric that the release does not export
 */
export class ServingDashboard extends Construct {
  /** The dashboard, for patches. */
  readonly dashboard: MonitoringDashboard;

  constructor(scope: Construct, id: string, props: ServingDashboardProps) {
    super(scope, id);
    requirePropsOf(this, 'ServingDashboardProps', props);
    const release = props.release ?? VllmRelease.DEFAULT;
    const charts = refusing(this, () => chartsOf(release));
    this.dashboard = new MonitoringDashboard(this, 'Resource', {
      project: props.project.id,
      dashboardJson: JSON.stringify({
        displayName: `vLLM ${release.version}`,
        mosaicLayout: { columns: COLUMNS, tiles: charts.map(tile) },
      }),
      dependsOn: props.project.apis('monitoring'),
    });
  }
}

/** @throws on a metric that the release does not export */
function chartsOf(release: VllmRelease): ReturnType<typeof charts> {
  const made = charts();
  made.flatMap(({ metrics }) => metrics).forEach(name => release.metric(name));
  return made;
}

function tile({ title, unit, threshold, lines }: ReturnType<typeof charts>[number], index: number): object {
  const inRow = COLUMNS / WIDTH;
  return {
    xPos: (index % inRow) * WIDTH, yPos: Math.floor(index / inRow) * HEIGHT, width: WIDTH, height: HEIGHT,
    widget: {
      title,
      xyChart: {
        dataSets: lines.map(({ value }) => ({
          plotType: 'LINE', timeSeriesQuery: { prometheusQuery: value(Scope.ALL), unitOverride: unit.cloud },
        })),
        thresholds: threshold === undefined ? undefined : [{ value: threshold }],
        yAxis: { scale: 'LINEAR' },
      },
    },
  };
}
