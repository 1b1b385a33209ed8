import { ApiObject, Chart, Testing } from 'cdk8s';
import { Construct } from 'constructs';
import {
  Accelerator, BatchInference, GpuMonitoring, GradioChat, GrafanaDashboard, InferenceGateway, LocustLoadTest, MetricsAdapter, Model,
  ModelEvaluation, PriorityClass, ServingNamespace, VllmBenchmark, VllmHpa, VllmMonitoring, VllmScaledObject, VllmServer,
  WeightsDiskClass, WeightsHydration, WeightsLoader, WeightsSnapshot, WeightsSnapshotClass, WeightsStorage, WeightsVolume,
} from '../../lib';
import * as api from '../../lib';

const model = Model.GEMMA_2_9B_IT;
const bucket = 'my-models';

/** One of each construct that makes objects, with the kind of what it is about. */
function made(): [Construct, string][] {
  const chart = new Chart(Testing.app(), 'chart', { namespace: 'vllm' });
  const weights = new WeightsVolume(chart, 'weights', { model, storage: WeightsStorage.gcsFuse({ bucket }) });
  const disk = new WeightsVolume(chart, 'disk', { model, storage: WeightsStorage.hyperdiskMl({ zones: ['us-central1-a'] }) });
  const server = new VllmServer(chart, 'server', { weights, accelerator: Accelerator.L4 });
  const onDisk = new VllmServer(chart, 'on-disk', { weights: disk, accelerator: Accelerator.L4 });
  const batch = new BatchInference(chart, 'batch', { server, bucket, input: 'in/questions.jsonl', output: 'out' });
  const hydration = new WeightsHydration(chart, 'hydration', { weights: disk, server: onDisk, bucket });
  return [
    [server, 'Deployment'],
    [new VllmHpa(chart, 'hpa', { server }), 'HorizontalPodAutoscaler'],
    [new VllmScaledObject(chart, 'scaled-object', { server: onDisk, projectId: 'my-project' }), 'ScaledObject'],
    [new InferenceGateway(chart, 'gateway', { server, proxyCidr: '10.9.0.0/23' }), 'Gateway'],
    [new VllmMonitoring(chart, 'monitoring', { server }), 'PodMonitoring'],
    [new GradioChat(chart, 'chat', { server }), 'Deployment'],
    [new LocustLoadTest(chart, 'load-test', { server }), 'Job'],
    [new WeightsLoader(chart, 'loader', { weights }), 'Job'],
    [batch, 'Job'],
    [new ModelEvaluation(chart, 'evaluation', { batch, labels: 'in/labels.jsonl' }), 'Job'],
    [hydration, 'Job'],
    [new VllmBenchmark(chart, 'benchmark', { server, bucket }), 'Job'],
    [new WeightsSnapshot(chart, 'snapshot', { hydration }), 'VolumeSnapshot'],
    [new MetricsAdapter(chart, 'adapter'), 'Deployment'],
    [new ServingNamespace(chart, 'namespace', { name: 'vllm' }), 'Namespace'],
    [new PriorityClass(chart, 'priority', { name: 'high', value: 1, description: 'first' }), 'PriorityClass'],
    [new GpuMonitoring(chart, 'gpu-monitoring'), 'ClusterPodMonitoring'],
    [new GrafanaDashboard(chart, 'dashboard'), 'ConfigMap'],
    [new WeightsDiskClass(chart, 'disk-class', { name: 'disks', parameters: {}, zones: [] }), 'StorageClass'],
    [new WeightsSnapshotClass(chart, 'snapshot-class'), 'VolumeSnapshotClass'],
  ];
}

test('every construct has the object that a patch is meant for as its default child', () => {
  expect(made().map(([construct]) => ApiObject.of(construct).kind)).toEqual(made().map(([, kind]) => kind));
});

test('no construct is left out', () => {
  const classes = Object.values(api).filter(value => typeof value === 'function' && value.prototype instanceof Construct);
  const charts = ['KustomizeApp', 'KustomizeUnit', 'VllmCell', 'VllmCluster'];
  // A volume of a bucket has no object, one of disks has a claim for each server.
  const none = [...charts, 'WeightsVolume'];
  expect(classes.map(type => (type as { name: string }).name).filter(name => !none.includes(name)).sort())
    .toEqual(made().map(([construct]) => construct.constructor.name).sort());
});
