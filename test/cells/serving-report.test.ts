import { Accelerator, ImpossibleCell, KustomizeApp, KustomizeUnit, Model, ServingReport, VllmCell, VllmCellProps, VllmServer } from '../../lib';
import { serverIn, unitOf } from '../refusals/case';
import { refusalOf } from '../refusal-of';

const COMMON = { namespace: 'vllm', bucket: 'my-models', region: 'us-central1', model: Model.QWEN3_8B };
const cell = (props: Partial<VllmCellProps> = {}, app = new KustomizeApp()) =>
  VllmCell.of(app, { ...COMMON, accelerator: Accelerator.L4, storage: 'gcs', ...props });
const pageOf = (...served: (VllmCell | ImpossibleCell | VllmServer)[]) => ServingReport.of(served).files.get('index.html')!;
const sectionOf = (page: string, id: string) => page.split('<details>').find(part => part.includes(`id="${id}"`))!;

test('the rows are those of the cells', () => {
  const one = cell();
  const { files } = ServingReport.of([one]);
  expect([...files.keys()]).toEqual(['cells.json', 'index.html']);
  expect(JSON.parse(files.get('cells.json')!)).toEqual([JSON.parse(JSON.stringify(one.report()))]);
});

test('the page says all of a cell that its plans and constructs know', () => {
  const one = cell() as VllmCell;
  const section = sectionOf(pageOf(one), 'l4-gcs');
  for (const text of [
    'vllm-openai-gcs-l4', 'g2-standard-', 'NVIDIA_L4_GPUS</code> for on-demand', 'PREEMPTIBLE_NVIDIA_L4_GPUS</code> for spot and flex-start',
    'us-central1-a', one.release.image, 'locustio/locust', 'kubectl apply -k dist/kustomize/l4-gcs\n', 'kubectl apply -k dist/kustomize/l4-gcs/weights',
    'List prices of us-central1', 'bandwidth', 'start, compilation, warm-up', 'Apart: load-test, batch.',
  ]) {
    expect(section).toContain(text);
  }
  for (const { serviceAccountName } of one.identities) {
    expect(section).toContain(`<code>${serviceAccountName}</code>: `);
  }
  expect(section).toContain(`reads my-models/${one.plan.memory.model.id}/`);
  expect(section).toContain('l4-chat</code>: nothing');
});

test('a disk is filled before the server is applied', () => {
  const commands = /<pre><code>([^<]*)/.exec(sectionOf(pageOf(cell({ storage: 'hdml' })), 'l4-hdml'))![1].split('\n').map(line => line.split('/').at(-1));
  expect(commands.slice(0, 4)).toEqual(['weights', 'hydration', 'snapshot', 'l4-hdml']);
});

test('a cell that cannot be has its reason, to which its place in the matrix leads', () => {
  const page = pageOf(cell(), cell({ accelerator: Accelerator.T4, storage: 'hdml' }));
  expect(page).toContain('<a class=gap href="#t4-hdml">t4-hdml</a> cannot be');
  expect(page).toMatch(/<dt id="t4-hdml">t4-hdml<dd>no machine with NVIDIA T4 attaches/);
});

test('a broken plan is its reason, and the other cells stay whole', () => {
  const app = new KustomizeApp();
  const short = cell({ variant: 'short', server: { maxModelLen: 1024 } }, app);
  const page = pageOf(cell({}, app), short);
  expect(sectionOf(page, 'l4-gcs-short')).toContain('No throughput: ThroughputPlan: &#39;inputTokens&#39; (1024)');
  expect(sectionOf(page, 'l4-gcs-short')).toContain('an hour\n');
  expect(sectionOf(page, 'l4-gcs')).toContain('<svg class=chart');
});

test('no value gets into the page as it is', () => {
  const hostile = Model.of({ ...Model.QWEN3_8B, id: 'org/<img src=x onerror=alert(1)>' });
  const impossible = new ImpossibleCell({ accelerator: Accelerator.of({ ...Accelerator.T4, displayName: '"><script>x</script>' }), storage: 'gcs', model: hostile },
    '<b>reason</b> & more');
  const page = ServingReport.of([impossible], { onceCommands: ['echo "</pre><script>"'], folder: 'a&b' }).files.get('index.html')!;
  expect(page).not.toMatch(/<script|<img|<b>reason/);
  expect(page).toContain('&lt;b&gt;reason&lt;/b&gt; &amp; more');
});

test('a server without a cell has the same page, by one line', () => {
  const app = new KustomizeApp();
  const server = serverIn(unitOf(app, 'server', 'chatbot'), { name: 'chatbot' });
  serverIn(unitOf(app, 'server', 'other'), { name: 'other' });
  const { files } = ServingReport.of([server]);
  const section = sectionOf(files.get('index.html')!, 'chatbot');
  expect(section).toContain('kubectl apply -k dist/kustomize/chatbot\n');
  expect(section).toContain('in the cluster&#39;s region');
  expect(section).not.toContain('other');
  expect(JSON.parse(files.get('cells.json')!)).toEqual([expect.objectContaining({ id: 'chatbot', storage: 'gcs', possible: true })]);
});

test('the workloads of a folder stand beside its server', () => {
  const app = new KustomizeApp();
  const whole = cell({ units: ['chat'] }, app) as VllmCell;
  expect(KustomizeUnit.isUnit(whole.server.node.scope)).toBe(true);
  const asCell = sectionOf(pageOf(whole), 'l4-gcs');
  const asServer = sectionOf(pageOf(whole.server), 'l4-gcs');
  expect(asServer.match(/<li><code>.*/g)).toEqual(asCell.match(/<li><code>.*/g));
});

test('two reports of the same are the same, and one cell more is some lines more', () => {
  const lines = (...cells: (VllmCell | ImpossibleCell)[]) => pageOf(...cells).split('\n');
  const [one, two] = [() => cell(), () => cell({ variant: 'b' })];
  expect(lines(one())).toEqual(lines(one()));
  const [before, after] = [lines(one()), lines(one(), two())];
  expect(before.filter(line => !after.includes(line)).length).toBeLessThanOrEqual(2);
});

test('a report that is added to keeps no construct', () => {
  const report = new ServingReport();
  report.add(cell());
  expect(report.files.get('index.html')).toBe(pageOf(cell()));
});

test.each([
  [{ timeToFirstTokenSeconds: 0 }, 'ServingReport: \'timeToFirstTokenSeconds\' (0) must be a number of seconds above 0'],
  [{ interTokenLatencySeconds: Number.NaN }, 'ServingReport: \'interTokenLatencySeconds\' (NaN) must be a number of seconds above 0'],
  [{ inputTokens: 0.5 }, 'ServingReport: \'inputTokens\' (0.5) must be a whole number'],
  [{ outputTokens: 0 }, 'ServingReport: \'outputTokens\' (0) must be a whole number'],
  [{ inputToken: 5 }, 'ServingReport: there is no prop \'inputToken\'; did you mean \'inputTokens\''],
])('a load or a goal that is none is refused: %j', (props, message) => {
  expect(refusalOf(() => new ServingReport(props as object))).toContain(message);
});
