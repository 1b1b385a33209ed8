import { Accelerator, VllmHpa, VllmMetric, VllmScaledObject, VllmScaledObjectProps } from '../../lib';
import { emptyLeaves, objectOf, objectsOf, server, unit } from './rendered';

function scaledBy(props: Omit<VllmScaledObjectProps, 'server'>) {
  const scope = unit();
  const scaledObject = new VllmScaledObject(scope, 'scaled-object', { server: server(scope), ...props });
  return { scope, scaledObject, spec: objectOf(scope, 'ScaledObject').spec };
}

test('defaults', () => {
  const { scope } = scaledBy({ projectId: 'my-project' });
  const objects = objectsOf(scope).filter(({ kind }) => ['ScaledObject', 'TriggerAuthentication'].includes(kind));
  expect(objects).toMatchSnapshot();
  expect(emptyLeaves(objects)).toEqual([]);
});

test('all the props', () => {
  const scope = unit();
  const props: Required<Omit<VllmScaledObjectProps, 'projectId'>> = {
    server: server(scope), minReplicas: 2, maxReplicas: 4, metric: VllmMetric.KV_CACHE_USAGE, target: 0.75,
    serverAddress: 'http://thanos:9090/tenant', clusterName: 'blue', metrics: [{ metric: VllmMetric.REQUESTS_WAITING, target: 5 }],
    scaleUpStabilizationSeconds: 30, scaleUpPeriodSeconds: 240, scaleUpServers: 2,
    scaleDownStabilizationSeconds: 900, scaleDownPeriodSeconds: 120, scaleDownServers: 3,
  };
  const scaledObject = new VllmScaledObject(scope, 'scaled-object', props);
  const { spec } = objectOf(scope, 'ScaledObject');
  expect([spec.minReplicaCount, spec.maxReplicaCount, scaledObject.maxReplicas]).toEqual([2, 4, 4]);
  const matchers = 'job="vllm-openai-gcs-h100",namespace="vllm",cluster="blue"';
  const triggers = spec.triggers as { metadata: object; authenticationRef?: object }[];
  expect(triggers.map(({ metadata, authenticationRef }) => ({ ...metadata, authenticationRef })))
    .toEqual([['0.75', 'kv_cache_usage_perc'], ['5', 'num_requests_waiting']].map(([threshold, name]) => ({
      threshold, query: `sum(vllm:${name}{${matchers}})`, serverAddress: 'http://thanos:9090/tenant', ignoreNullValues: 'false',
      authenticationRef: undefined,
    })));
  expect(spec.advanced.horizontalPodAutoscalerConfig.behavior).toMatchObject({
    scaleUp: { stabilizationWindowSeconds: 30, policies: [{ value: 2, periodSeconds: 240 }] },
    scaleDown: { stabilizationWindowSeconds: 900, policies: [{ value: 3, periodSeconds: 120 }] },
  });
  expect([scaledObject.identity, objectsOf(scope).filter(({ kind }) => kind === 'TriggerAuthentication')]).toEqual([undefined, []]);
});

test('bounds and pace are those of VllmHpa', () => {
  const made = () => {
    const scope = unit();
    return { scope, scaled: server(scope, { accelerator: Accelerator.H200, tensorParallelSize: 2, maxNodes: 3 }) };
  };
  const [keda, hpa] = [made(), made()];
  new VllmScaledObject(keda.scope, 'scaled-object', { server: keda.scaled, projectId: 'my-project' });
  new VllmHpa(hpa.scope, 'hpa', { server: hpa.scaled });
  const [{ spec: kedas }, { spec: hpas }] = [objectOf(keda.scope, 'ScaledObject'), objectOf(hpa.scope, 'HorizontalPodAutoscaler')];
  expect([kedas.minReplicaCount, kedas.maxReplicaCount]).toEqual([hpas.minReplicas, hpas.maxReplicas]);
  expect(kedas.advanced.horizontalPodAutoscalerConfig.behavior).toEqual(hpas.behavior);
  expect(kedas.scaleTargetRef).toEqual(hpas.scaleTargetRef);
});

test('the Deployment names no replicas, and the server has its autoscaler', () => {
  const { scope } = scaledBy({ serverAddress: 'http://prometheus:9090' });
  expect(objectOf(scope, 'Deployment').spec).not.toHaveProperty('replicas');
});

test('KEDA\'s account may read the project\'s metrics', () => {
  const { identity } = scaledBy({ projectId: 'my-project' }).scaledObject;
  expect(identity).toMatchObject({ namespace: 'keda', serviceAccountName: 'keda-operator', existing: true });
  expect(identity!.grants).toEqual([{ role: 'roles/monitoring.viewer' }]);
});
