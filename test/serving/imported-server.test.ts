import { BatchInference, GradioChat, LocustLoadTest, Refusal, VllmServer, VllmServerAttributes } from '../../lib';
import { refusalOf } from '../planning/pairs';
import { objectsOf, server, unit } from './rendered';

/** What another app would say of the server of these tests. */
function attributesOf(made: VllmServer): VllmServerAttributes {
  const { name, servedModelName, maxModelLen, maxNumSeqs, modelRevision, progressDeadlineSeconds, release, replicas } = made;
  return { name, servedModelName, maxModelLen, maxNumSeqs, modelRevision, progressDeadlineSeconds, release, replicas };
}

test('clients of a server that another app made are those of the server itself', () => {
  const [own, other] = [unit(), unit()];
  const made = server(unit());
  for (const [scope, target] of [[own, made], [other, VllmServer.fromAttributes(other, 'server', attributesOf(made))]] as const) {
    new GradioChat(scope, 'chat', { server: target });
    new LocustLoadTest(scope, 'load-test', { server: target });
    new BatchInference(scope, 'batch', { server: target, bucket: 'my-data', input: 'in/in.jsonl', output: 'out' });
  }
  expect(objectsOf(other)).toEqual(objectsOf(own));
  expect(objectsOf(own).length).toBeGreaterThan(10);
});

test('what is not said is what vLLM and a usual rollout have', () => {
  const imported = VllmServer.fromAttributes(unit(), 'server', { name: 'other', servedModelName: 'org/model', maxModelLen: 4096 });
  expect(imported).toMatchObject({
    url: 'http://other.vllm.svc.cluster.local:8000', maxNumSeqs: 256, replicas: 1, progressDeadlineSeconds: 1800, modelRevision: undefined,
  });
  const scope = unit();
  VllmServer.fromAttributes(scope, 'server', { name: 'other', servedModelName: 'org/model', maxModelLen: 4096 });
  expect(objectsOf(scope)).toEqual([]);
});

test.each<[Partial<VllmServerAttributes>, string]>([
  [{ name: 'Other' }, '\'name\' (Other) is no DNS label'],
  [{ servedModelName: 'a "model"' }, '\'servedModelName\' (a "model") must be letters'],
  [{ maxModelLen: 0 }, '\'maxModelLen\' (0) must be a whole number of at least 2'],
  [{ replicas: 0 }, '\'replicas\' (0) must be a whole number of at least 1'],
])('refuses %j by name', (wrong, message) => {
  const made = () => VllmServer.fromAttributes(unit(), 'it', { name: 'other', servedModelName: 'org/model', maxModelLen: 4096, ...wrong });
  expect(made).toThrow(Refusal);
  expect(refusalOf(made)).toContain(`ImportedVllmServer 'it': ${message}`);
});
