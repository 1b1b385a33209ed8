import { Network } from '../../lib/gke';
import { synthesized } from './synthesized';

test('the default network: nodes without public addresses, ranges of their own for pods and Services, flow logs', () => {
  const made = synthesized((stack, project) => new Network(stack, 'network', { project }));
  expect(made.one('google_compute_network')).toMatchObject({ name: 'vllm', auto_create_subnetworks: false, routing_mode: 'REGIONAL' });
  expect(made.one('google_compute_subnetwork')).toMatchObject({
    name: 'vllm-nodes', region: 'us-central1', ip_cidr_range: '10.0.0.0/20', private_ip_google_access: true,
    secondary_ip_range: [{ range_name: 'pods', ip_cidr_range: '10.4.0.0/14' }, { range_name: 'services', ip_cidr_range: '10.8.0.0/20' }],
    log_config: { flow_sampling: 0.5, metadata: 'INCLUDE_ALL_METADATA' },
  });
});

test('nodes reach out by NAT, with ports enough for a loader', () => {
  const made = synthesized((stack, project) => new Network(stack, 'network', { project }));
  const nat = made.one('google_compute_router_nat');
  expect(nat).toMatchObject({
    nat_ip_allocate_option: 'AUTO_ONLY', source_subnetwork_ip_ranges_to_nat: 'LIST_OF_SUBNETWORKS', max_ports_per_vm: 4096,
    enable_dynamic_port_allocation: true, enable_endpoint_independent_mapping: false, log_config: { enable: true, filter: 'ERRORS_ONLY' },
  });
  expect(made.reference(nat.router)).toBe('${google_compute_router.network_Router.name}');
  expect(nat.subnetwork.map(({ name }: { name: string }) => made.reference(name))).toEqual(['${google_compute_subnetwork.network_Nodes.id}']);
});

test('a gateway has a subnet for its proxies', () => {
  const made = synthesized((stack, project) => new Network(stack, 'network', { project, proxyCidr: '10.9.0.0/23' }));
  expect(made.all('google_compute_subnetwork')[1]).toMatchObject({
    name: 'vllm-proxies', ip_cidr_range: '10.9.0.0/23', purpose: 'REGIONAL_MANAGED_PROXY', role: 'ACTIVE',
  });
});
