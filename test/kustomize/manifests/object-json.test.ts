import { ApiObject, App, Chart, JsonPatch, Lazy } from 'cdk8s';
import { addSyntheticCell } from '../../../bench/synthetic-cell';
import { objectJson } from '../../../lib/kustomize/manifests/object-json';
import { k8s } from '../../../lib/pods/k8s';
import { RandomManifests } from '../random-manifests';

const manifests = new RandomManifests(9);

function chart(app = new App()): Chart {
  return new Chart(app, 'chart', { namespace: 'vllm', labels: { part: 'test' }, disableResourceNameHashes: true });
}

/** The same object, or the same refusal. */
function expectAsByCdk8s(object: ApiObject): void {
  const [ours, theirs] = [() => objectJson(object), () => object.toJson() as object].map((render) => {
    try {
      return render();
    } catch (error) {
      return String(error);
    }
  });
  expect(ours).toEqual(theirs);
}

test('objects of all kinds are rendered as cdk8s renders them, the first of a shape and those after it', () => {
  const app = new App();
  [0, 1, 2].forEach(cell => addSyntheticCell(app, cell));
  const objects = app.node.findAll().filter(construct => ApiObject.isApiObject(construct));
  objects.forEach(expectAsByCdk8s);
  expect(objects).toHaveLength(75);
});

test('2000 random objects, with and without a schema', () => {
  const scope = chart();
  for (let index = 0; index < 1000; index++) {
    const { apiVersion, kind, ...rest } = manifests.next() as { apiVersion: string; kind: string };
    expectAsByCdk8s(new ApiObject(scope, `any-${index}`, { apiVersion, kind, ...rest }));
    const data = rest as unknown as Record<string, string>;
    expectAsByCdk8s(new k8s.KubeConfigMap(scope, `map-${index}`, { metadata: { name: `map-${index}` }, data }));
  }
});

function job(scope: Chart, id: string, container: Partial<k8s.Container> & Record<string, unknown>): k8s.KubeJob {
  return new k8s.KubeJob(scope, id, {
    metadata: { name: 'job' }, spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'one', ...container }] } } },
  });
}

test.each<[string, Partial<k8s.Container> & Record<string, unknown>]>([
  ['numbers or strings', { ports: [{ containerPort: 1 }], readinessProbe: { httpGet: { port: k8s.IntOrString.fromString('http') } } }],
  ['the other of both', { ports: [{ containerPort: 1 }], readinessProbe: { httpGet: { port: k8s.IntOrString.fromNumber(80) } } }],
  ['quantities by any name', { resources: { limits: { 'nvidia.com/gpu': k8s.Quantity.fromNumber(2), constructor: k8s.Quantity.fromString('1') } } }],
  ['what is made later', { args: Lazy.any({ produce: () => ['made', 'later'] }) as string[], image: Lazy.any({ produce: () => undefined }) as string }],
  ['nothing', { image: undefined, args: null as unknown as string[], env: [] }],
  ['a field that the schema does not know', { unknown: { deep: 1 } }],
  ['text where there should be an object', { resources: 'none' as k8s.ResourceRequirements }],
  ['a value where a list should be', { args: 'text' as unknown as string[] }],
])('%s', (_, container) => {
  const scope = chart();
  ['first', 'second', 'third'].forEach(id => expectAsByCdk8s(job(scope, id, container)));
});

test('the same names with values of other types', () => {
  const scope = chart();
  const ports = [k8s.IntOrString.fromString('http'), 'http', 80, k8s.IntOrString.fromNumber(80), true, undefined, ['http'], { value: 'http' }];
  [...ports, ...ports].forEach((port, index) => {
    expectAsByCdk8s(job(scope, `job-${index}`, { readinessProbe: { httpGet: { port: port as k8s.IntOrString } } }));
  });
});

test('metadata of every kind', () => {
  const scope = chart();
  const rich = new ApiObject(scope, 'rich', {
    apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'rich', annotations: {}, finalizers: ['one'], more: { empty: {}, full: [1] } },
  });
  const later = new ApiObject(scope, 'later', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'later', generateName: 'x' } });
  later.metadata.addLabel('made', Lazy.any({ produce: () => 'later' }) as string);
  later.metadata.add('resourceVersion', '1');
  const owned = new ApiObject(scope, 'owned', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'owned' } });
  owned.metadata.addOwnerReference({ apiVersion: 'v1', kind: 'ConfigMap', name: 'rich', uid: '1' });
  [rich, later, owned].forEach(expectAsByCdk8s);
});

test('patches, resolvers and classes that render themselves have their way, also after an object that has none', () => {
  const app = new App();
  const scope = chart(app);
  const props = { metadata: { name: 'a' }, data: { key: 'value' } };
  const plain = new k8s.KubeConfigMap(scope, 'plain', props);
  const patched = new k8s.KubeConfigMap(scope, 'patched', props);
  patched.addJsonPatch(JsonPatch.replace('/data/key', 'patched'));
  class Own extends k8s.KubeConfigMap {
    override toJson(): object {
      return { ...super.toJson(), data: { key: 'own' } };
    }
  }
  const own = [new Own(scope, 'own', props), new Own(scope, 'own again', props)];
  [plain, patched, ...own].forEach(expectAsByCdk8s);
  app.resolvers.push({ resolve: context => context.value === 'value' && context.replaceValue('resolved') });
  [plain, patched, ...own].forEach(expectAsByCdk8s);
  expect(objectJson(plain)).toMatchObject({ data: { key: 'resolved' } });
});

test('what cdk8s refuses is refused with its words', () => {
  const scope = chart();
  const data = { when: new Date(0) as unknown as string };
  for (const id of ['first', 'second']) {
    const object = new k8s.KubeConfigMap(scope, id, { metadata: { name: 'a' }, data });
    expect(() => objectJson(object)).toThrow(/Failed serializing construct at path .*can't render non-simple object of type 'Date'/);
  }
});
