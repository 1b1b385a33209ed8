import { Filestore, Network } from '../../lib/gke';
import { synthesized } from './synthesized';

const made = (props: Pick<ConstructorParameters<typeof Filestore>[2], 'tier' | 'sizeGib' | 'zone'>) => synthesized((stack, project) =>
  new Filestore(stack, 'share', { project, network: new Network(stack, 'network', { project }), name: 'weights', ...props }));

test('a share in a zone, on the network of the nodes, protected', () => {
  const share = made({ tier: 'ZONAL', sizeGib: 1024, zone: 'us-central1-b' });
  expect(share.one('google_filestore_instance')).toMatchObject({
    name: 'weights', tier: 'ZONAL', location: 'us-central1-b', deletion_protection_enabled: true,
    file_shares: { name: 'weights', capacity_gb: 1024 }, networks: [{ modes: ['MODE_IPV4'], connect_mode: 'DIRECT_PEERING' }],
  });
  expect(share.reference(share.one('google_filestore_instance').networks[0].network)).toBe('${google_compute_network.network_Network.name}');
  expect(share.all('google_project_service').map(({ service }) => service)).toContain('file.googleapis.com');
});

test('a share of the region', () => {
  expect(made({ tier: 'REGIONAL', sizeGib: 2560 }).one('google_filestore_instance')).toMatchObject({ tier: 'REGIONAL', location: 'us-central1' });
});
