import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ExampleProject } from '../../scripts/docs/example';
import { ControlPlane } from '../rig/control-plane';
import { Rendered } from '../serving/rendered';

const NAMESPACES = ['vllm', 'monitoring'];
const OPERATOR = '/apis/monitoring.coreos.com/v1/namespaces/vllm';
const RULE = `${OPERATOR}/prometheusrules/vllm-openai-gcs-l4`;
const project = new ExampleProject();

beforeAll(() => project.run('prometheus.ts'));
afterAll(() => project.remove());

describe.each(ControlPlane.MINORS)('the example with the Prometheus Operator on Kubernetes %s', (minor) => {
  let plane: ControlPlane;

  beforeAll(async () => {
    plane = await ControlPlane.start({ minor });
    await plane.applyCrds();
    await Promise.all(NAMESPACES.map(name => plane.api.create('/api/v1/namespaces', {
      metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted', 'pod-security.kubernetes.io/warn': 'restricted' } },
    })));
  });

  afterAll(() => plane?.stop());

  const apply = (folder: string) => plane.kubectl(['apply', '--validate=strict', '-k', join(project.manifests!, folder)]);
  const stored = async (path: string) => await plane.api.get(path) as unknown as Rendered;
  const send = (object: object) => plane.kubectl(['apply', '--validate=strict', '--dry-run=server', '-f', '-'], JSON.stringify(object));

  test('every folder applies strictly and without a warning', async () => {
    const folders = readdirSync(project.manifests!).filter(name => ['l4-gcs', 'grafana'].includes(name)).sort();
    expect(folders).toEqual(['grafana', 'l4-gcs']);
    for (const folder of folders) {
      const { stdout, stderr } = await apply(folder);
      expect([stderr, ...stdout.trim().split('\n').filter(line => !line.endsWith(' created'))]).toEqual(['']);
    }
    expect((await apply('l4-gcs/monitoring')).stdout.trim().split('\n').filter(line => !line.endsWith(' unchanged'))).toEqual([]);
  });

  test('what was sent is stored: nothing was dropped', async () => {
    const { kind, spec } = await stored(RULE);
    expect([kind, spec.groups[0].rules.map(({ alert }: { alert: string }) => alert)]).toEqual(['PrometheusRule', [
      'VllmNoServer', 'VllmQueue', 'VllmKvCacheFull', 'VllmPreemptions', 'VllmSlowFirstToken', 'VllmBrokenAnswers',
    ]]);
    const monitor = await stored(`${OPERATOR}/servicemonitors/vllm-openai-gcs-l4`);
    expect(monitor.spec.endpoints[0]).toMatchObject({ port: 'http', path: '/metrics', metricRelabelings: [{ action: 'keep' }] });
  });

  test('the ServiceMonitor selects one Service, whose name the alerts look for as the job, and a port that it has', async () => {
    const { spec: { selector, endpoints } } = await stored(`${OPERATOR}/servicemonitors/vllm-openai-gcs-l4`);
    const labels = Object.entries(selector.matchLabels).map(([name, value]) => `${name}=${value}`).join(',');
    const services = await plane.api.list(`/api/v1/namespaces/vllm/services?labelSelector=${encodeURIComponent(labels)}`) as unknown as Rendered[];
    expect(services.map(({ metadata, spec }) => [metadata.name, spec.ports.map(({ name }: { name: string }) => name)]))
      .toEqual([['vllm-openai-gcs-l4', [endpoints[0].port]]]);
    const { spec: { groups: [{ rules }] } } = await stored(RULE);
    expect(rules.filter(({ expr }: { expr: string }) => !expr.includes(`job="${services[0].metadata.name}"`))).toEqual([]);
  });

  test.each<[string, (spec: Rendered['spec']) => void, string]>([
    ['an unknown field', (spec) => { spec.groups[0].rules[0].severity = 'critical'; }, 'unknown field "spec.groups[0].rules[0].severity"'],
    ['a duration in words', (spec) => { spec.groups[0].rules[0].for = '8 minutes'; }, 'spec.groups[0].rules[0].for'],
  ])('%s in a rule is refused', async (_, spoil, message) => {
    const rule = await stored(RULE);
    spoil(rule.spec);
    await expect(send({ ...rule, metadata: { name: 'spoilt', namespace: 'vllm' } })).rejects.toThrow(message);
  });
});
