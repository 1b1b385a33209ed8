import { GpuMonitoring, VllmMetric } from '../../lib';
import { objectOf, unit } from '../serving/rendered';

function endpoint() {
  const scope = unit('vllm', 'cluster');
  new GpuMonitoring(scope, 'gpu-monitoring');
  return objectOf(scope, 'ClusterPodMonitoring').spec;
}

test('defaults', () => {
  expect(endpoint()).toMatchSnapshot();
});

test('the name that is stored is the one that the autoscaler asks for', () => {
  const [{ metricRelabeling }] = endpoint().endpoints;
  const [keep, rename] = metricRelabeling;
  expect(keep).toMatchObject({ action: 'keep', regex: 'DCGM_FI_DEV_GPU_UTIL' });
  expect(rename).toMatchObject({ regex: keep.regex, targetLabel: '__name__' });
  expect(VllmMetric.GPU_UTILIZATION.adapterName.split('|')[1]).toBe(rename.replacement);
});
