import { VllmRelease } from '../../lib/catalog';
import { ServingDashboard } from '../../lib/gke';
import { charts } from '../../lib/serving/signals';
import { synthesized } from './synthesized';

interface Tile {
  readonly xPos: number;
  readonly yPos: number;
  readonly width: number;
  readonly height: number;
  readonly widget: {
    readonly title: string;
    readonly xyChart: {
      readonly dataSets: { readonly timeSeriesQuery: { readonly prometheusQuery: string; readonly unitOverride: string } }[];
      readonly thresholds?: { readonly value: number }[];
    };
  };
}

const tilesOf = (release: VllmRelease) => {
  const made = synthesized((stack, project) => new ServingDashboard(stack, 'dashboard', { project, release }));
  const { displayName, mosaicLayout } = JSON.parse(made.one('google_monitoring_dashboard').dashboard_json);
  expect(displayName).toBe(`vLLM ${release.version}`);
  return mosaicLayout as { readonly columns: number; readonly tiles: Tile[] };
};

test.each(VllmRelease.all())('%s: each chart asks for metrics that the release exports', (release) => {
  const { tiles } = tilesOf(release);
  const queries = tiles.flatMap(({ widget }) => widget.xyChart.dataSets.map(({ timeSeriesQuery }) => timeSeriesQuery.prometheusQuery));
  const metrics = queries.flatMap(query => query.match(/vllm:\w+/g) ?? []).map(name => name.replace(/_bucket$/, ''));
  expect(new Set(metrics).size).toBeGreaterThan(10);
  metrics.forEach(name => expect(() => release.metric(name)).not.toThrow());
});

test('charts neither overlap nor leave the page', () => {
  const { columns, tiles } = tilesOf(VllmRelease.DEFAULT);
  const cells = tiles.flatMap(({ xPos, yPos, width, height }) => {
    expect(xPos + width).toBeLessThanOrEqual(columns);
    return Array.from({ length: width * height }, (_, index) => `${xPos + index % width},${yPos + Math.floor(index / width)}`);
  });
  expect(new Set(cells).size).toBe(cells.length);
  expect(new Set(tiles.map(({ widget }) => widget.title)).size).toBe(tiles.length);
});

test('units and thresholds are those of the signals', () => {
  const { tiles } = tilesOf(VllmRelease.DEFAULT);
  expect(tiles.map(({ widget: { title, xyChart: { dataSets, thresholds } } }) =>
    [title, [...new Set(dataSets.map(({ timeSeriesQuery }) => timeSeriesQuery.unitOverride))], thresholds?.map(({ value }) => value)]))
    .toEqual(charts().map(({ title, unit, threshold }) => [title, [unit.cloud], threshold === undefined ? undefined : [threshold]]));
});
