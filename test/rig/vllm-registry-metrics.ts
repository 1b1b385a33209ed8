import { VLLM_REGISTRIES } from '../../lib/catalog/vllm-registry';

/** After a request, because the web layer counts from the first one on. */
export function expectMetricsOfRegistry(text: string, release: string): void {
  const { metrics } = VLLM_REGISTRIES.find(registry => registry.release === release)!;
  const exposed = rowsOf(text);
  const expected = Object.keys(metrics).filter(name => metrics[name].when === undefined || name.startsWith('http_'));
  expect([...exposed.keys()].filter(name => /^(vllm:|http_)/.test(name)).sort()).toEqual(expected.sort());
  for (const name of expected.filter(known => metrics[known].labels)) {
    expect([name, exposed.get(name)]).toEqual([name, [...metrics[name].labels!].sort()]);
  }
}

/** The metrics that have a row, a histogram under its own name, with their label names. */
function rowsOf(text: string): Map<string, string[]> {
  const summed = new Set([...text.matchAll(/^# TYPE (\S+) (?:histogram|summary)$/gm)].map(match => match[1]));
  const rows = new Map<string, string[]>();
  for (const [, name, labels] of text.matchAll(/^([a-z_:]+[a-z0-9_]*)(?:\{(.*)\})? /gm)) {
    const whole = name.replace(/_(bucket|sum|count)$/, '');
    const own = summed.has(whole) ? whole : name;
    if (!own.endsWith('_created')) {
      rows.set(own, [...(labels ?? '').matchAll(/([a-z_]+)="/g)].map(match => match[1]).filter(label => label !== 'le').sort());
    }
  }
  return rows;
}
