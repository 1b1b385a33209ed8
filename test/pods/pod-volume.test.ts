import { GradioChat, PodVolume } from '../../lib';
import { objectsOf, refusalOf, server, unit } from '../serving/rendered';

const AT = { name: 'own', mountPath: '/etc/own' };

function chatWith(...volumes: PodVolume[]) {
  const scope = unit();
  new GradioChat(scope, 'chat', { server: server(unit()), volumes });
  return objectsOf(scope).find(({ kind }) => kind === 'Deployment')!.spec.template.spec;
}

test.each<[string, PodVolume, object, boolean | undefined]>([
  ['a ConfigMap', PodVolume.configMap({ ...AT, configMapName: 'a', keys: ['b.txt'] }), { configMap: { name: 'a', items: [{ key: 'b.txt', path: 'b.txt' }] } }, true],
  ['a Secret', PodVolume.secret({ ...AT, secretName: 'a' }), { secret: { secretName: 'a', defaultMode: 0o440 } }, true],
  ['a claim', PodVolume.persistentVolumeClaim({ ...AT, claimName: 'a' }), { persistentVolumeClaim: { claimName: 'a', readOnly: true } }, true],
  ['a claim that is written to', PodVolume.persistentVolumeClaim({ ...AT, claimName: 'a', readOnly: false }),
    { persistentVolumeClaim: { claimName: 'a', readOnly: false } }, false],
  ['an empty directory', PodVolume.emptyDir({ ...AT, sizeMib: 64 }), { emptyDir: { sizeLimit: '64Mi' } }, undefined],
  ['a driver\'s volume', PodVolume.csi({ ...AT, driver: 'secrets-store-gke.csi.k8s.io', volumeAttributes: { secretProviderClass: 'a' } }),
    { csi: { driver: 'secrets-store-gke.csi.k8s.io', readOnly: true, volumeAttributes: { secretProviderClass: 'a' } } }, true],
])('%s', (_, volume, source, readOnly) => {
  const { volumes, containers: [{ volumeMounts }] } = chatWith(volume);
  expect(volumes.at(-1)).toEqual({ name: 'own', ...source });
  expect(volumeMounts.at(-1)).toEqual({ name: 'own', mountPath: '/etc/own', ...readOnly === undefined ? {} : { readOnly } });
});

test('what may be written there is not taken from the rest of the pod', () => {
  const disk = (...volumes: PodVolume[]) => {
    const { requests, limits } = chatWith(...volumes).containers[0].resources;
    expect(limits).toEqual(requests);
    return requests['ephemeral-storage'] as string;
  };
  const mib = (text: string) => Number.parseInt(text) * (text.endsWith('Gi') ? 1024 : 1);
  expect(disk(PodVolume.secret({ ...AT, secretName: 'a' }))).toBe(disk());
  const both = [PodVolume.emptyDir({ ...AT, sizeMib: 64 }), PodVolume.emptyDir({ name: 'more', mountPath: '/var/more', sizeMib: 6 })];
  expect(mib(disk(...both))).toBe(mib(disk()) + 70);
});

test('a volume may be mounted in two workloads', () => {
  const volume = PodVolume.secret({ ...AT, secretName: 'a' });
  expect(chatWith(volume)).toEqual(chatWith(volume));
});

test('no file of the node', () => {
  const volume = { name: 'own', hostPath: { path: '/' } } as unknown as PodVolume;
  expect(refusalOf(() => chatWith(volume))).toContain('\'volumes[0]\' ({"name":"own","hostPath":{"path":"/"}}) has to be a PodVolume');
});
