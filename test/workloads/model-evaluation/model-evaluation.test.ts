import { Chart, Testing } from 'cdk8s';
import { BatchInference, ModelEvaluation, ModelEvaluationProps } from '../../../lib';
import { emptyLeaves, objectsOf, refusalOf, server, unit } from '../../serving/rendered';

function evaluation(props: Partial<ModelEvaluationProps> = {}, output = 'batch/output') {
  const scope = unit();
  const batch = new BatchInference(scope, 'batch', { server: server(scope), bucket: 'my-data', input: 'batch/input.jsonl', output });
  return { scope, batch, made: new ModelEvaluation(scope, 'evaluation', { batch, labels: 'batch/labels.jsonl', ...props }) };
}

function rendered(props: Partial<ModelEvaluationProps> = {}) {
  const { scope, batch, made } = evaluation(props);
  const own = objectsOf(scope).filter(({ metadata }) => metadata.name.startsWith(made.name));
  const of = (kind: string) => own.find(object => object.kind === kind);
  const job = of('Job')!.spec;
  return { batch, made, own, of, job, container: job.template.spec.containers[0] };
}

test('is a Job with its programs, an identity and a policy, all under one name and with no empty field', () => {
  const { own, made } = rendered();
  expect(made.name).toBe('vllm-openai-gcs-h100-evaluation');
  expect(own.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).toEqual([
    `ConfigMap ${made.name}-programs`, `Job ${made.name}`, `NetworkPolicy ${made.name}`, `ServiceAccount ${made.name}`,
  ]);
  expect(own.flatMap(object => emptyLeaves(object))).toEqual([]);
});

test('reads what its batch writes, and waits for it as long as it may take', () => {
  const { made, job, batch, container } = rendered();
  expect(made.args).toEqual([
    '/answers', '/labels/labels.jsonl', '/output', '--title=Qwen/Qwen3-8B', '--wait=86400',
  ]);
  expect(job.activeDeadlineSeconds).toBeGreaterThan(batch.deadlineSeconds);
  expect([container.image, container.args]).toEqual([batch.server.release.image, made.args]);
  expect(job.podFailurePolicy.rules[0]).toEqual({
    action: 'FailJob', onExitCodes: { containerName: 'model-evaluation', operator: 'In', values: [3, 64, 65, 66] },
  });
});

test('it is no client of the server: out it reaches what the bucket needs, and nobody is let in', () => {
  const { of, job, batch, made } = rendered();
  const { ingress, egress, podSelector } = of('NetworkPolicy')!.spec;
  expect(ingress).toBeUndefined();
  expect(JSON.stringify(egress)).not.toContain(batch.server.name);
  expect(job.template.metadata.labels).toMatchObject(podSelector.matchLabels);
  expect(Object.keys(job.template.metadata.labels)).not.toContain(Object.keys(batch.server.clientLabels)[0]);
  expect(made.identity.grants).toEqual([
    { bucket: 'my-data', folder: 'batch', verb: 'read' }, { bucket: 'my-data', folder: 'batch/evaluation', verb: 'write' },
  ]);
});

test('thresholds are arguments', () => {
  const { made } = rendered({ minAccuracy: 0.9, minMacroF1: 0.85, minWeightedF1: 0.8, minExactMatch: 1, title: 'Spam' });
  expect(made.args.slice(3)).toEqual([
    '--title=Spam', '--wait=86400', '--min-accuracy=0.9', '--min-macro-f1=0.85', '--min-weighted-f1=0.8', '--min-exact-match=1',
  ]);
});

test('the figures go beside the batch, also at the top of the bucket', () => {
  expect(evaluation({}, 'output').made.output).toBe('evaluation');
  expect(evaluation({ output: 'figures/today' }).made.output).toBe('figures/today');
});

test('an image of one\'s own has the programs already', () => {
  const { container, own } = rendered({ image: 'example.com/evaluation:1' });
  expect([container.image, container.command[1]]).toEqual(['example.com/evaluation:1', ModelEvaluation.programImage().path]);
  expect(own.some(({ kind }) => kind === 'ConfigMap')).toBe(false);
  expect(Object.keys(ModelEvaluation.programImage().programs)).toEqual([
    'batch_names.py', 'characters.py', 'contract.json', 'contract.py', 'exits.json', 'exits.py', 'figures.py', 'forms.py', 'job.py', 'labels.py', 'main.py',
    'page.py', 'predictions.py', 'rows.py', 'thought.py', 'whole_file.py',
  ]);
});

test.each<[Partial<ModelEvaluationProps>, string]>([
  [{ labels: 'gs://my-data/labels.jsonl' }, '\'labels\' (gs://my-data/labels.jsonl) must be a path in the bucket'],
  [{ output: 'batch/output' }, '\'output\' (batch/output) is the folder of the batch'],
  [{ output: '/figures' }, '\'output\' (/figures)'],
  [{ minAccuracy: 90 }, '\'minAccuracy\' (90) must be a number above 0 and at most 1'],
  [{ minMacroF1: 0 }, '\'minMacroF1\' (0)'],
  [{ minExactMatch: NaN }, '\'minExactMatch\' (NaN)'],
  [{ name: 'Evaluation' }, '\'name\' (Evaluation) is no DNS label'],
])('refuses %j', (props, message) => {
  expect(refusalOf(() => evaluation(props))).toContain(`ModelEvaluation 'evaluation': ${message}`);
});

test('refuses another namespace than the batch\'s', () => {
  const { batch } = evaluation();
  const elsewhere = new Chart(Testing.app(), 'other', { namespace: 'other' });
  expect(refusalOf(() => new ModelEvaluation(elsewhere, 'evaluation', { batch, labels: 'in/labels.jsonl' }))).toContain('make both in one namespace');
});
