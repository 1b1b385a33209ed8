import { Network } from '../../lib/gke';
import { synthesized } from './synthesized';

const made = (googleApis?: 'private' | 'restricted' | 'internet') => synthesized((stack, project) => {
  new Network(stack, 'network', { project, name: 'models', googleApis });
});

test.each([[undefined, 'private', [8, 9, 10, 11]], ['restricted' as const, 'restricted', [4, 5, 6, 7]]])('%s: all names lead to %s', (apis, word, last) => {
  const network = made(apis);
  const zone = network.one('google_dns_managed_zone');
  expect(zone).toMatchObject({ name: 'models-googleapis', dns_name: 'googleapis.com.', visibility: 'private' });
  expect(network.reference(zone.private_visibility_config.networks[0].network_url)).toBe('${google_compute_network.network_Network.id}');
  expect(zone.depends_on.map((name: string) => network.reference(name))).toEqual(['google_project_service.project_dns']);
  expect(network.all('google_dns_record_set').map(({ name, type, rrdatas }) => [name, type, rrdatas])).toEqual([
    [`${word}.googleapis.com.`, 'A', last.map(number => `199.36.153.${number}`)], ['*.googleapis.com.', 'CNAME', [`${word}.googleapis.com.`]],
  ]);
  expect(network.one('google_compute_route')).toMatchObject({ dest_range: `199.36.153.${last[0]}/30`, next_hop_gateway: 'default-internet-gateway' });
});

test('internet: no name is led elsewhere', () => {
  expect(['google_dns_managed_zone', 'google_dns_record_set', 'google_compute_route'].flatMap(type => made('internet').all(type))).toEqual([]);
});
