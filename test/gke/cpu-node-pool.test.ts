import { cpuPoolIn, synthesized } from './synthesized';

const pool = (props = {}) => synthesized((stack, project) => { cpuPoolIn(stack, project, props); }).one('google_container_node_pool');

test('the default pool keeps a node, of a series that attaches what weights are copied to', () => {
  expect(pool()).toMatchObject({
    name: 'cpu', node_locations: ['us-central1-a', 'us-central1-b'], initial_node_count: 1,
    autoscaling: { total_min_node_count: 1, total_max_node_count: 5, location_policy: 'ANY' },
    node_config: { machine_type: 'c3d-standard-4', boot_disk: { disk_type: 'pd-balanced', size_gb: 100 }, labels: { 'part-of': 'cdk8s-vllm' } },
  });
  expect(pool().node_config).not.toHaveProperty('taint');
});

// A number a zone: two zones here.
test.each([[0, 5, 0], [1, 5, 1], [1, 1, 0], [3, 5, 2], [4, 5, 2]])('of %i to %i nodes, %i a zone are there from the start', (minNodes, maxNodes, initial) => {
  expect(pool({ minNodes, maxNodes }).initial_node_count).toBe(initial);
});
