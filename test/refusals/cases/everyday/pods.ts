import { k8s } from 'cdk8s-plus-28';
import { CsiVolumeOptions, GradioChat, KustomizeUnit, PodProps, PodVolume } from '../../../../lib';
import { Program, Refusals, serverIn, serving, unitOf } from '../../case';

const AT = { name: 'own', mountPath: '/etc/own' };
const chat = (props: PodProps): Program => app => new GradioChat(unitOf(app, 'chat'), 'chat', { server: serverIn(unitOf(app)), ...props });
const mounting = (volume: () => unknown): Program => app => chat({ volumes: [volume() as PodVolume] })(app);
const at = (mountPath: string): Program => mounting(() => PodVolume.secret({ name: 'own', secretName: 'own', mountPath }));
const annotated = (props: object): Program => app => new k8s.KubeConfigMap(
  new KustomizeUnit(app, 'own', { cell: 'own', namespace: 'vllm', ...props }), 'own', { metadata: { name: 'own' } });

/** What a platform adds to pods and objects. */
export const PODS: Refusals = {
  'a volume that cannot be': {
    'of the node': mounting(() => ({ name: 'own', hostPath: { path: '/' } })),
    'that is a ConfigMap\'s name': mounting(() => 'settings'),
    'with a name that is none': mounting(() => PodVolume.secret({ ...AT, name: 'My_Volume', secretName: 'own' })),
    'of a ConfigMap that is none': mounting(() => PodVolume.configMap({ ...AT, configMapName: 'My Settings' })),
    'without a ConfigMap': mounting(() => PodVolume.configMap({ ...AT } as never)),
    'of a claim that is none': mounting(() => PodVolume.persistentVolumeClaim({ ...AT, claimName: 'CLAIM' })),
    'with a key that is none': mounting(() => PodVolume.secret({ ...AT, secretName: 'own', keys: ['../key'] })),
    'without keys': mounting(() => PodVolume.configMap({ ...AT, configMapName: 'own', keys: [] })),
    'without a size': mounting(() => PodVolume.emptyDir({ ...AT, sizeMib: 0 })),
    'larger than a node spares': mounting(() => PodVolume.emptyDir({ ...AT, sizeMib: 4096 })),
    'of the bucket\'s driver': mounting(() => PodVolume.csi({ ...AT, driver: 'gcsfuse.csi.storage.gke.io' })),
    'of a driver that is none': mounting(() => PodVolume.csi({ ...AT, driver: 'My Driver' })),
    'with an attribute that is no text': mounting(() => PodVolume.csi({ ...AT, driver: 'a.example.com', volumeAttributes: { size: 1 } } as unknown as CsiVolumeOptions)),
    'with a prop that is misspelt': mounting(() => PodVolume.secret({ ...AT, secretName: 'own', mountpath: '/a' } as never)),
  },
  'a volume at a place that cannot be': {
    'that is not absolute': at('etc/own'),
    'that ends with a slash': at('/etc/own/'),
    'that leads out': at('/etc/../own'),
    'that is everything': at('/'),
    'that is the kernel\'s': at('/proc/own'),
    'where the programs are': at('/opt/cdk8s-vllm'),
    'above the programs': at('/opt'),
    'below what is written to': at('/tmp/own'),
    twice: chat({ volumes: ['one', 'two'].map(name => PodVolume.secret({ name, secretName: 'own', mountPath: '/etc/own' })) }),
    'under one name': chat({ volumes: ['/etc/one', '/etc/two'].map(mountPath => PodVolume.secret({ name: 'own', secretName: 'own', mountPath })) }),
    'under a name of the server\'s': serving({ volumes: [PodVolume.secret({ name: 'weights', secretName: 'own', mountPath: '/etc/own' })] }),
  },
  'what a platform asks of pods, and cannot have': {
    'a label that the workload decides': chat({ podLabels: { 'app.kubernetes.io/name': 'mine' } }),
    'a label that opens another server': chat({ podLabels: { 'client.cdk8s-vllm/other': 'true' } }),
    'an annotation of the sidecar': chat({ podAnnotations: { 'gke-gcsfuse/memory-limit': '1Gi' } }),
    'a toleration of everything by mistake': chat({ tolerations: [{ effect: 'NoSchedule' }] }),
    'an effect that there is not': chat({ tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoRun' }] }),
    'the account of everybody': chat({ serviceAccountName: 'default' }),
    'a node that the plan did not choose': serving({ nodeSelector: { 'cloud.google.com/gke-accelerator': 'nvidia-l4' } }),
    'a variable that is set already': serving({ secretEnv: { HOME: { secretName: 'own', key: 'home' } } }),
    'a variable that is no name': chat({ secretEnv: { 'MY-KEY': { secretName: 'own', key: 'key' } } }),
  },
  'labels and annotations of all objects': {
    'a label of spaces': annotated({ labels: { team: 'the search team' } }),
    'a label that is a number': annotated({ labels: { team: 1 } }),
    'an annotation that is no key': annotated({ annotations: { 'the owner': 'me' } }),
    'an annotation that is a number': annotated({ annotations: { team: 1 } }),
    'annotations that are a list': annotated({ annotations: ['team'] }),
  },
};
