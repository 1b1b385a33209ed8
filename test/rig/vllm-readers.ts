import { Exposition, namesOf, selectorsOf, selects } from './vllm-metrics';
import { GeneratedCell } from './vllm-cell';

/** What reads a server's metrics in a cell, as rendered. */
export interface MetricReaders {
  /** `<adapter prefix>|<metric>|<type>` */
  readonly autoscaled: readonly string[];
  readonly kept: readonly string[];
  readonly expressions: readonly string[];
  /** What the scraper adds to each row as `job`: its own name. */
  readonly job: string;
}

export function readersOf(cell: GeneratedCell): MetricReaders {
  const [{ metadata: { name: job } }] = cell.objects('monitoring', 'podmonitoring');
  const specs = (unit: string, kind: string) => cell.objects(unit, kind).map(object => object.spec);
  return {
    job,
    autoscaled: specs('autoscaling', 'horizontalpodautoscaler')
      .flatMap(spec => spec.metrics).map(metric => (metric.pods ?? metric.external).metric.name),
    kept: specs('monitoring', 'podmonitoring').flatMap(spec => spec.endpoints).flatMap(endpoint => endpoint.metricRelabeling)
      .filter(({ action, sourceLabels }) => action === 'keep' && sourceLabels[0] === '__name__').flatMap(({ regex }) => namesOf(regex)),
    expressions: specs('monitoring', 'rules').flatMap(spec => spec.groups).flatMap(group => group.rules).map(rule => rule.expr),
  };
}

/** What the readers would wait for in vain, on a server that exposes this. */
export function deadOf(readers: MetricReaders, exposition: Exposition): string[] {
  const exposed = new Set(exposition.rows.map(row => row.name));
  const autoscaled = readers.autoscaled.map(name => name.split('|')).filter(([, name]) => name.startsWith('vllm:'));
  const scraped = { ...exposition, rows: exposition.rows.map(row => ({ ...row, labels: { ...row.labels, job: readers.job } })) };
  const selectors = readers.expressions.flatMap(selectorsOf);
  const read = [...autoscaled.map(([, name]) => name), ...selectors.map(({ name }) => name)];
  return [
    ...readers.kept.filter(name => !exposed.has(name)).map(name => `scraped, but not exposed: ${name}`),
    ...autoscaled.filter(([, name, type]) => !exposed.has(name) || exposition.types.get(name) !== type)
      .map(([, name, type]) => `autoscaled, but not exposed as ${type}: ${name}`),
    ...selectors.filter(selector => !selects(selector, scraped))
      .map(({ name, matchers }) => `in a rule, but without a row: ${name} ${matchers.map(({ label, operator, value }) => label + operator + value).join()}`),
    ...read.filter(name => !readers.kept.includes(name)).map(name => `read, but not scraped: ${name}`),
  ];
}
