import { MonitoringDashboard } from '@cdktf/provider-google/lib/monitoring-dashboard';
import { Construct } from 'constructs';
import { refusing } from '../common/refusal';
import { VllmRelease } from '../catalog';
import { Scope, signals } from '../serving/signals';
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

interface Chart {
  readonly title: string;
  readonly queries: readonly string[];
}

/** @throws on a metric that the release does not export */
function chartsOf(release: VllmRelease): Chart[] {
  return signals().flatMap(({ metrics, value, chart }) => {
    if (chart === undefined) {
      return [];
    }
    metrics.forEach(name => release.metric(name));
    return [{ title: chart.title, queries: (chart.lines ?? [value]).map(line => line(Scope.ALL)) }];
  });
}

function tile({ title, queries }: Chart, index: number): object {
  const inRow = COLUMNS / WIDTH;
  return {
    xPos: (index % inRow) * WIDTH, yPos: Math.floor(index / inRow) * HEIGHT, width: WIDTH, height: HEIGHT,
    widget: {
      title,
      xyChart: {
        dataSets: queries.map(prometheusQuery => ({ plotType: 'LINE', timeSeriesQuery: { prometheusQuery } })),
        yAxis: { scale: 'LINEAR' },
      },
    },
  };
}
