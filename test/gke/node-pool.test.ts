import { GpuNodePool } from '../../lib/gke';
import { gpuPoolIn, synthesized } from './synthesized';

const changed = (change: (pool: GpuNodePool) => void) => () => synthesized((stack, project) => change(gpuPoolIn(stack, project)));

test.each<[string, (pool: GpuNodePool) => void, string]>([
  ['a number of nodes', ({ pool }) => { pool.nodeCount = 3; }, '\'nodeCount\' (3) and autoscaling exclude each other; leave it out'],
  ['a least number a zone', ({ pool }) => { pool.putAutoscaling({ totalMinNodeCount: 0, totalMaxNodeCount: 3, minNodeCount: 1 }); },
    '\'minNodeCount\' (1) is of a zone and excludes the totals of the pool; leave it out'],
  ['a greatest number a zone', ({ pool }) => { pool.putAutoscaling({ totalMinNodeCount: 0, totalMaxNodeCount: 3, maxNodeCount: 2 }); },
    '\'maxNodeCount\' (2) is of a zone and excludes the totals of the pool; leave it out'],
])('%s beside the totals is refused, also when it is set later', (_, change, message) => {
  expect(changed(change)).toThrow(message);
});

test('other changes are nobody\'s business', () => {
  expect(changed(({ pool }) => { pool.version = '1.34'; })).not.toThrow();
});
