import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Part } from '../rig/cluster/parts';
import { Cell, CLUSTER_FOLDER } from './cells';
import { exceptionFor, EXCEPTIONS, Finding, lint, score } from './judges';

function rendered(folder: string): string {
  return execFileSync(Part.KUBERNETES_1_36.file('kubectl'), ['kustomize', folder], { encoding: 'utf8', maxBuffer: 1 << 28 });
}

const cells = Cell.all().map(({ id, folder, unitsApart }) => ({
  id, yaml: [folder, ...unitsApart.map(unit => join(folder, unit))].map(rendered).join('---\n'),
}));
// the cluster folder is never alone: its policies are for the pods of the cells
const everything = { id: 'cluster and all cells', yaml: [rendered(CLUSTER_FOLDER), ...cells.map(({ yaml }) => yaml)].join('---\n') };
const verdicts = [...cells, everything].map(({ id, yaml }) => ({ id, findings: [...lint(yaml), ...score(yaml)] }));

function table(): string {
  const judges: Finding['judge'][] = ['kube-linter', 'kube-score critical', 'kube-score warning'];
  const counts = (findings: readonly Finding[]) => judges.map((judge) => {
    const found = findings.filter(finding => finding.judge === judge);
    const excepted = found.filter(finding => exceptionFor(finding, EXCEPTIONS)).length;
    return `${found.length - excepted}${excepted > 0 ? ` (+${excepted})` : ''}`.padStart(20);
  });
  return [
    `${'findings (+ with an exception)'.padEnd(32)}${judges.map(judge => judge.padStart(20)).join('')}`,
    ...verdicts.map(({ id, findings }) => `${id.padEnd(32)}${counts(findings).join('')}`),
  ].join('\n');
}

beforeAll(() => {
  process.stdout.write(`\n${table()}\n`);
});

test.each(verdicts)('the judges find nothing in $id but what is excepted', ({ findings }) => {
  expect(findings.filter(finding => !exceptionFor(finding, EXCEPTIONS))).toEqual([]);
});

test.each(EXCEPTIONS)('the exception for $judge $check of $object is needed, and says why', (exception) => {
  const { findings } = verdicts.at(-1)!;
  expect(findings.some(finding => exceptionFor(finding, [exception]))).toBe(true);
  expect(exception.reason.length).toBeGreaterThan(40);
});

test('every server, policy and autoscaler is judged, and a slip is found', () => {
  const { id, yaml } = cells[0];
  const slip = yaml.replaceAll('readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false')
    .replace(/(kind: NetworkPolicy[\s\S]*?podSelector:\n {4}matchLabels:\n {6}\S+): \S+/, '$1: another')
    .replace(/minReplicas: \d+/, 'minReplicas: 0');
  expect([...lint(slip), ...score(slip)].map(({ judge, check, object }) => `${judge}: ${check} of ${object.split('/')[0]}`)).toEqual(expect.arrayContaining([
    'kube-linter: no-read-only-root-fs of Deployment',
    'kube-score critical: container-security-context-readonlyrootfilesystem of Deployment',
    'kube-score critical: pod-networkpolicy of Deployment',
    'kube-score critical: networkpolicy-targets-pod of NetworkPolicy',
    'kube-score warning: horizontalpodautoscaler-replicas of HorizontalPodAutoscaler',
  ]));
  expect(id).toBe('t4-gcs');
  expect(() => lint(yaml.replace('namespace: vllm', 'namespace: yes'))).toThrow('kube-linter did not judge everything');
  expect(() => score('kind: [')).toThrow('kube-score did not judge');
});
