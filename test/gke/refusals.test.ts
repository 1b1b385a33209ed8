import fs from 'node:fs';
import { Construct } from 'constructs';
import { MachineType, VllmRelease } from '../../lib/catalog';
import { VLLM_REGISTRIES } from '../../lib/catalog/vllm-registry';
import * as gke from '../../lib/gke';
import {
  ArtifactRegistry, DockerHubMirror, Filestore, GatewayAccess, GkeStack, HubToken, keepState, ModelBucket, Network, NetworkProps,
  NodeIdentity, PrivateGoogleAccess, Project, ServingAlerts, ServingDashboard, WeightsDisk, WorkloadIdentity,
} from '../../lib/gke';
import { Grant } from '../../lib/common/grant';
import { ServiceIdentity } from '../../lib/common/identity';
import { refusalOf } from '../refusal-of';
import { Build, clusterIn, cpuPoolIn, gpuPoolIn, synthesized } from './synthesized';

const WRITING = ['appendFileSync', 'mkdirSync', 'mkdtempSync', 'renameSync', 'writeFileSync', 'writeSync'] as const;

/** The message that a stack is refused with; fails when it is not, and when a byte was written meanwhile. */
function messageOf(build: Build): string {
  const writes = WRITING.map(name => jest.spyOn(fs, name));
  try {
    const message = refusalOf(() => synthesized(build));
    expect(writes.flatMap(spy => spy.mock.calls)).toEqual([]);
    return message;
  } finally {
    writes.forEach(spy => spy.mockRestore());
  }
}

const machine = (name: string, gpus?: number) => MachineType.fromName(name, gpus);
/** What a construct is tried with, and how it names itself when it refuses that. */
interface Trial {
  readonly by: string;
  readonly build: Build;
}

const by = (construct: string, id: string, build: Build): Trial => ({ by: `${construct} '${id}'`, build });
const cluster = (props: object) => by('GkeCluster', 'cluster', (stack, project) => { clusterIn(stack, project, props); });
const gpuPool = (props: object) => by('GpuNodePool', 'pool', (stack, project) => { gpuPoolIn(stack, project, props); });
const cpuPool = (props: object) => by('CpuNodePool', 'pool', (stack, project) => { cpuPoolIn(stack, project, props); });
const network = (props: Partial<NetworkProps>) => by('Network', 'network', (stack, project) => { new Network(stack, 'network', { project, ...props }); });
const nodes = (props: object) => by('NodeIdentity', 'nodes', (stack, project) => { new NodeIdentity(stack, 'nodes', { project, ...props }); });
const bucket = (props: object) => by('ModelBucket', 'models', (stack, project) => {
  new ModelBucket(stack, 'models', { project, name: 'vllm-models', ...props });
});
const share = (props: object) => by('Filestore', 'share', (stack, project) => {
  new Filestore(stack, 'share', {
    project, network: new Network(stack, 'network', { project }), name: 'weights', tier: 'ZONAL', sizeGib: 1024, zone: 'us-central1-a', ...props,
  });
});
const disk = (props: object) => by('WeightsDisk', 'disk', (stack, project) => {
  new WeightsDisk(stack, 'disk', {
    project, name: 'weights', zone: 'us-central1-a', diskType: 'hyperdisk-ml', sizeGib: 64, source: 'projects/p/global/images/weights',
    machineType: machine('g2-standard-24'), ...props,
  });
});
const mirror = (props: object) => by('DockerHubMirror', 'mirror', (stack, project) => {
  new DockerHubMirror(stack, 'mirror', { project, nodes: new NodeIdentity(stack, 'nodes', { project }), ...props });
});
const registry = (props: object) => by('ArtifactRegistry', 'registry', (stack, project) => {
  new ArtifactRegistry(stack, 'registry', { project, nodes: new NodeIdentity(stack, 'nodes', { project }), ...props });
});
const token = (props: object) => by('HubToken', 'token', (stack, project) => { new HubToken(stack, 'token', { project, ...props }); });
const gateway = (props: object) => by('GatewayAccess', 'gateway', (stack, project) => {
  new GatewayAccess(stack, 'gateway', { project, hosts: ['chat.example.com'], members: ['group:team@example.com'], ...props });
});
const grants = (...identities: Grant[][]) => by('WorkloadIdentity', 'identities', (stack, project) => {
  new WorkloadIdentity(stack, 'identities', {
    cluster: clusterIn(stack, project), buckets: [new ModelBucket(stack, 'models', { project, name: 'vllm-models' })],
    identities: identities.map(all => new ServiceIdentity({ namespace: 'vllm', serviceAccountName: 'server', grants: all })),
  });
});
/** Beside the stack that every trial has. */
const wholeStack = (props: object) => by('GkeStack', 'gke', ({ node }) => {
  new GkeStack(node.scope!, 'gke', { region: 'us-central1', bucket: 'vllm-models', cells: [], ...props });
});
/** A release that exports nothing. */
const SILENT = VllmRelease.of('9.0.0', { ...VLLM_REGISTRIES[0], release: '9.0.0', metrics: {} });
const dashboard = (props: object) => by('ServingDashboard', 'page', (stack, project) => { new ServingDashboard(stack, 'page', { project, ...props }); });
const alerts = (props: object) => by('ServingAlerts', 'alerts', (stack, project) => { new ServingAlerts(stack, 'alerts', { project, ...props }); });

const NAME_FORM = 'must be lower case letters, digits and \'-\', starting with a letter';
const BUCKET_FORM = 'is no bucket name: 3 to 63 lower case letters, digits, \'-\', \'_\' and \'.\', without gs:// and without \'google\'';
const L4_ZONES = machine('g2-standard-24').zones.join(', ');
const H200 = machine('a3-ultragpu-8g');

const CASES: { readonly [name: string]: readonly [Trial, string] } = {
  'a zone for a region': [by('Project', 'other', (stack) => { new Project(stack, 'other', { region: 'us-central1-a' }); }),
    '\'region\' (us-central1-a) is no region; for example us-central1'],

  'no range of addresses': [network({ nodeCidr: '10.0.0.0' }), '\'nodeCidr\' (10.0.0.0) is no range of addresses; for example 10.0.0.0/20'],
  'an octet over 255': [network({ podCidr: '10.256.0.0/14' }), '\'podCidr\' (10.256.0.0/14) is no range of addresses; for example 10.0.0.0/20'],
  'a range that starts inside itself': [network({ podCidr: '10.5.0.0/14' }),
    '\'podCidr\' (10.5.0.0/14) starts inside its range; the range is 10.4.0.0/14'],
  'too few addresses for nodes': [network({ nodeCidr: '10.0.0.0/29' }), '\'nodeCidr\' (10.0.0.0/29) must be between /8 and /28'],
  'too few addresses for pods': [network({ podCidr: '10.4.0.0/24' }), '\'podCidr\' (10.4.0.0/24) must be between /9 and /21'],
  'too many addresses for Services': [network({ serviceCidr: '10.8.0.0/15' }), '\'serviceCidr\' (10.8.0.0/15) must be between /16 and /27'],
  'too few addresses for proxies': [network({ proxyCidr: '10.9.0.0/27' }), '\'proxyCidr\' (10.9.0.0/27) must be between /9 and /26'],
  'nodes among pods': [network({ nodeCidr: '10.5.0.0/20' }),
    '\'nodeCidr\' (10.5.0.0/20) and \'podCidr\' (10.4.0.0/14) overlap; give them ranges of their own'],
  'proxies among Services': [network({ proxyCidr: '10.8.0.0/26' }),
    '\'serviceCidr\' (10.8.0.0/20) and \'proxyCidr\' (10.8.0.0/26) overlap; give them ranges of their own'],
  'a network with capitals': [network({ name: 'VLLM' }), `'name' (VLLM) ${NAME_FORM}`],

  'a cluster with a long name': [cluster({ name: 'v'.repeat(41) }), `'name' (${'v'.repeat(41)}) has 41 characters, and at most 40 are allowed`],
  'a cluster that ends with a hyphen': [cluster({ name: 'vllm-' }), `'name' (vllm-) ${NAME_FORM}`],
  'an unknown channel': [cluster({ releaseChannel: 'STATIC' }), '\'releaseChannel\' (STATIC) must be one of RAPID, REGULAR, STABLE, EXTENDED'],
  'an unknown component': [cluster({ monitoringComponents: ['GPU'] }),
    '\'monitoringComponents\' (GPU) must be one of SYSTEM_COMPONENTS, APISERVER, SCHEDULER, CONTROLLER_MANAGER, STORAGE, HPA, POD, DAEMONSET, DEPLOYMENT,'
    + ' STATEFULSET, KUBELET, CADVISOR, DCGM'],
  'an unknown driver': [cluster({ csiDrivers: ['s3.csi.aws.com'] }), '\'csiDrivers\' (s3.csi.aws.com) must be one of'
  + ' gcsfuse.csi.storage.gke.io, pd.csi.storage.gke.io, filestore.csi.storage.gke.io'],
  'a time that is none': [cluster({ maintenanceStart: '24:00' }), '\'maintenanceStart\' (24:00) is no time of day; for example 03:00'],
  'the whole internet': [cluster({ authorizedCidrs: ['10.0.0.0/8', '0.0.0.0/0'] }),
    '\'authorizedCidrs\' (0.0.0.0/0) lets the whole internet reach the control plane; name the ranges that need it, or none'],
  'an address for a range': [cluster({ authorizedCidrs: ['203.0.113.7'] }),
    '\'authorizedCidrs\' (203.0.113.7) is no range of addresses; for example 10.0.0.0/20'],
  'another group': [cluster({ securityGroup: 'admins@example.com' }),
    '\'securityGroup\' (admins@example.com) must be gke-security-groups@DOMAIN: GKE reads that group only, and the groups that are members of it'],
  'no vCPUs to provision': [cluster({ autoProvisioning: { maxVcpus: 0, maxMemoryGib: 1 } }),
    '\'maxVcpus\' (0) must be a whole number from 1 to 1000000000'],
  'an unknown GPU to provision': [cluster({ autoProvisioning: { maxVcpus: 1, maxMemoryGib: 1, gpus: [{ gkeLabel: 'l4', maximum: 1 }] } }),
    '\'gkeLabel\' (l4) must be one of nvidia-tesla-t4, nvidia-l4, nvidia-tesla-a100, nvidia-a100-80gb, nvidia-h100-80gb, nvidia-h200-141gb,'
    + ' nvidia-rtx-pro-6000, nvidia-b200'],
  'half a GPU to provision': [cluster({ autoProvisioning: { maxVcpus: 1, maxMemoryGib: 1, gpus: [{ gkeLabel: 'nvidia-l4', maximum: 0.5 }] } }),
    '\'maximum of nvidia-l4\' (0.5) must be a whole number from 1 to 1000000000'],
  'a short account': [nodes({ accountId: 'node' }),
    '\'accountId\' (node) must have 6 to 30 lower case letters, digits and \'-\', starting with a letter'],

  'no zone': [gpuPool({ zones: [] }), '\'zones\' is empty; name zones of us-central1, for example us-central1-a'],
  'a zone outside the region': [cpuPool({ zones: ['us-central1-a', 'europe-west4-a'] }),
    '\'zones\' (europe-west4-a) is not in the region us-central1; its zones are called us-central1-a, us-central1-b, …'],
  'a zone twice': [gpuPool({ zones: ['us-central1-a', 'us-central1-a'] }), '\'zones\' names us-central1-a twice'],
  'a machine not in the zone': [gpuPool({ zones: ['us-central1-f'] }),
    `'zones' (us-central1-f): g2-standard-24 is not known there; it is in ${L4_ZONES}`],
  'an unknown capacity': [gpuPool({ capacity: 'preemptible' }),
    '\'capacity\' (preemptible) must be one of on-demand, spot, reservation, flex-start, queued'],
  'a machine not sold on demand': [gpuPool({ machineType: H200, zones: ['us-central1-b'] }),
    '\'capacity\' (on-demand): a3-ultragpu-8g is to be had by spot, flex-start, reservation only'],
  'a reservation without a name': [gpuPool({ capacity: 'reservation' }),
    '\'capacity\' (reservation) needs the name of the reservation; give \'reservation\''],
  'spot with a reservation': [gpuPool({ capacity: 'spot', reservation: 'mine' }),
    '\'reservation\' (mine) goes with capacity reservation, not with spot'],
  'a reservation that is a URL': [gpuPool({ capacity: 'reservation', reservation: 'https://compute/mine' }),
    '\'reservation\' (https://compute/mine) is no name of a reservation: lower case letters, digits and \'-\','
    + ' or projects/PROJECT/reservations/NAME'],
  'flex-start from a node': [gpuPool({ capacity: 'flex-start', minNodes: 1 }),
    '\'minNodes\' (1): capacity flex-start starts from no node; use 0'],
  'queued from two nodes': [gpuPool({ capacity: 'queued', minNodes: 2 }),
    '\'minNodes\' (2): capacity queued starts from no node; use 0'],
  'a boot disk that the machine refuses': [gpuPool({ bootDiskType: 'hyperdisk-balanced' }),
    '\'bootDiskType\' (hyperdisk-balanced): g2-standard-24 boots from pd-balanced, pd-ssd'],
  'a persistent boot disk for B200': [gpuPool({ machineType: machine('a4-highgpu-8g'), zones: ['us-central1-b'], capacity: 'spot', bootDiskType: 'pd-ssd' }),
    '\'bootDiskType\' (pd-ssd): a4-highgpu-8g boots from hyperdisk-balanced'],
  'a small boot disk': [gpuPool({ bootDiskBytes: 50 * 2 ** 30 }),
    '\'bootDiskBytes / GiB\' (50) must be a whole number from 60 to 65536'],
  'a boot disk of decimal gigabytes': [gpuPool({ bootDiskBytes: 2e11 }),
    '\'bootDiskBytes / GiB\' (186.2645149230957) must be a whole number from 60 to 65536'],
  'local SSDs that the machine does not take': [gpuPool({ localSsdCount: 3 }), '\'localSsdCount\' (3): g2-standard-24 takes 0, 2'],
  'a pool of no node': [gpuPool({ maxNodes: 0 }), '\'maxNodes\' (0) must be a whole number from 1 to 15000'],
  'half a node': [gpuPool({ maxNodes: 1.5 }), '\'maxNodes\' (1.5) must be a whole number from 1 to 15000'],
  'a least over the most': [gpuPool({ minNodes: 4 }), '\'minNodes\' (4) must be a whole number from 0 to 3'],
  'fewer nodes than the autoscalers ask for': [gpuPool({ requiredNodes: 4 }),
    '\'maxNodes\' (3): the autoscalers of the cells on g2-standard-24 can ask for 4 nodes; use at least 4, or lower their maxReplicas'],
  'near each other in two zones': [gpuPool({ compactPlacement: true, zones: ['us-central1-a', 'us-central1-b'] }),
    '\'zones\' (us-central1-a, us-central1-b): nodes near each other are in one zone; name one'],
  'too many near each other': [gpuPool({ compactPlacement: true, maxNodes: 151 }),
    '\'maxNodes\' (151): at most 150 nodes of series g2 can be placed near each other'],
  'T4 near each other': [gpuPool({ compactPlacement: true, machineType: machine('n1-standard-8', 2) }),
    '\'compactPlacement\': n1-standard-8 is not placed so; series g2, g4, a2, a3, a4 are'],
  'a container image for a disk image': [gpuPool({ secondaryBootDiskImage: 'vllm/vllm-openai:v0.32.0' }),
    '\'secondaryBootDiskImage\' (vllm/vllm-openai:v0.32.0) is no image of a disk; for example global/images/vllm-0-32'],
  'a driver that is too old for the image': [gpuPool({ driver: 570 }),
    '\'driver\' (570): the image of vLLM 0.33.0 is of CUDA 13.0, which needs a driver of at least 580; install that, or leave driver out (LATEST)'],
  'a driver that is none': [gpuPool({ driver: 580.5 }),
    '\'driver\' (580.5): the image of vLLM 0.33.0 is of CUDA 13.0, which needs a driver of at least 580; install that, or leave driver out (LATEST)'],
  'a pool with a long name': [gpuPool({ name: 'p'.repeat(40) }),
    `'name' (${'p'.repeat(40)}) has 40 characters, and at most 39 are allowed`],
  'a machine of no known size': [cpuPool({ machineType: 'c3d-standard-5' }),
    '\'machineType\' (c3d-standard-5) is not known here; there are e2-standard-{2,4,8,16,32}, n2-standard-{2,4,8,16,32,48,64,80,96,128},'
    + ' c3d-standard-{4,8,16,30,60,90,180,360}'],
  'a machine that is a word of every object': [cpuPool({ machineType: 'constructor' }),
    '\'machineType\' (constructor) is not known here; there are e2-standard-{2,4,8,16,32}, n2-standard-{2,4,8,16,32,48,64,80,96,128},'
    + ' c3d-standard-{4,8,16,30,60,90,180,360}'],
  'a machine that cannot fill Hyperdisk ML': [cpuPool({ diskTypes: ['pd-ssd', 'hyperdisk-ml'], machineType: 'e2-standard-4' }),
    '\'machineType\' (e2-standard-4) attaches no hyperdisk-ml disk, which weights are copied to; it takes pd-standard, pd-balanced, pd-ssd, pd-extreme. Use c3d-standard-4'],

  'a bucket with its scheme': [bucket({ name: 'gs://vllm-models' }), `'name' (gs://vllm-models) ${BUCKET_FORM}`],
  'a bucket of two letters': [bucket({ name: 'vm' }), `'name' (vm) ${BUCKET_FORM}`],
  'a bucket with capitals': [bucket({ name: 'Models' }), `'name' (Models) ${BUCKET_FORM}`],
  'a bucket named after Google': [bucket({ name: 'my-google-models' }), `'name' (my-google-models) ${BUCKET_FORM}`],
  'a cache outside the region': [bucket({ anywhereCacheZones: ['us-east1-b'] }),
    '\'anywhereCacheZones\' (us-east1-b) is not in the region us-central1; its zones are called us-central1-a, us-central1-b, …'],
  'too short to bring back': [bucket({ softDeleteDays: 1 }),
    '\'softDeleteDays\' (1) must be 0, which switches it off, or a whole number from 7 to 90'],
  'too long to bring back': [bucket({ softDeleteDays: 91 }), '\'softDeleteDays\' (91) must be a whole number from 7 to 90'],
  'a state in no bucket': [by('TerraformStack', 'test', stack => keepState(stack, 'gs://state')), `'stateBucket' (gs://state) ${BUCKET_FORM}`],

  'an unknown tier': [share({ tier: 'STANDARD' }), '\'tier\' (STANDARD) must be one of BASIC_HDD, BASIC_SSD, ZONAL, REGIONAL, ENTERPRISE'],
  'a small share': [share({ sizeGib: 100 }), '\'sizeGib\' (100) must be a whole number from 1024 to 102400'],
  'a share between two steps': [share({ sizeGib: 1100 }), '\'sizeGib\' (1100) goes in steps of 256; use 1280'],
  'a share without its zone': [share({ zone: undefined }), 'tier ZONAL is of a zone: give \'zone\''],
  'a regional share in a zone': [share({ tier: 'REGIONAL' }), 'tier REGIONAL is of a region: leave out \'zone\''],
  'a share with a hyphen': [share({ shareName: 'my-weights' }),
    '\'shareName\' (my-weights) must be at most 16 lower case letters, digits and \'_\', starting with a letter'],

  'an unknown disk': [disk({ diskType: 'hyperdisk-fast' }), '\'diskType\' (hyperdisk-fast) must be one of pd-balanced, pd-ssd, hyperdisk-ml'],
  'a disk that the machine does not attach': [disk({ diskType: 'hyperdisk-ml', machineType: machine('n1-standard-8', 1) }),
    '\'diskType\' (hyperdisk-ml): n1-standard-8 attaches pd-standard, pd-balanced, pd-ssd, pd-extreme'],
  'a disk from a bucket': [disk({ source: 'gs://vllm-models/image' }),
    '\'source\' (gs://vllm-models/image) must be projects/PROJECT/global/images/NAME or projects/PROJECT/global/snapshots/NAME'],
  'a disk outside the region': [disk({ zone: 'europe-west4-a' }),
    '\'zone\' (europe-west4-a) is not in the region us-central1; its zones are called us-central1-a, us-central1-b, …'],
  'a tiny disk': [disk({ sizeGib: 3 }), '\'sizeGib\' (3) must be a whole number from 4 to 65536'],

  'a mirror with an underscore': [mirror({ name: 'docker_hub' }), `'name' (docker_hub) ${NAME_FORM}`],
  'a registry of packages': [registry({ format: 'NPM' }), '\'format\' (NPM) must be one of DOCKER'],
  'a registry with an underscore': [registry({ name: 'my_images' }), `'name' (my_images) ${NAME_FORM}`],
  'a secret with a slash': [token({ name: 'hugging/face' }), '\'name\' (hugging/face) must be letters, digits, \'-\' and \'_\''],
  'a gateway for nobody': [gateway({ members: [] }), '\'members\' is empty; a gateway that nobody may pass needs no address'],
  'a gateway for everybody': [gateway({ members: ['allUsers'] }),
    '\'members\' (allUsers) must be user:MAIL, group:MAIL, serviceAccount:MAIL or domain:NAME; allUsers would let everybody in'],
  'a gateway with a URL': [gateway({ hosts: ['https://chat.example.com'] }),
    '\'hosts\' (https://chat.example.com) is no host name; for example chat.example.com'],

  'a bucket role on the project': [grants([{ role: 'roles/storage.objectViewer' }]),
    'vllm/server: roles/storage.objectViewer on the project is more than a workload gets; it may have roles/monitoring.viewer, and folders of a'
    + ' bucket'],
  'a bucket of somebody else': [grants([{ bucket: 'other', folder: 'a', verb: 'read' }]),
    'vllm/server is to have folders of the bucket other, which is not among \'buckets\' (vllm-models); add it there'],
  'more folders than a condition holds': [
    grants(Array.from({ length: 5 }, (_, index): Grant => ({ bucket: 'vllm-models', folder: `f${index}`, verb: 'read' }))),
    'vllm/server: the condition of roles/storage.objectViewer has 16 alternatives = 15 logic operators > 12; give it fewer folders or folders'
    + ' that are less deep, or divide the work among two service accounts'],
  'a deeper folder than a condition holds': [grants([{ bucket: 'vllm-models', folder: 'a/b/c/d/e/f/g/h', verb: 'write' }]),
    'vllm/server: the condition of roles/storage.objectCreator has 14 alternatives = 13 logic operators > 12; give it fewer folders or folders'
    + ' that are less deep, or divide the work among two service accounts'],
  'more accounts than a policy holds': [by('WorkloadIdentity', 'identities', (stack, project) => {
    new WorkloadIdentity(stack, 'identities', {
      cluster: clusterIn(stack, project), buckets: [new ModelBucket(stack, 'models', { project, name: 'vllm-models' })],
      identities: Array.from({ length: 501 }, (_, index) => new ServiceIdentity({
        namespace: 'vllm', serviceAccountName: `s${index}`, grants: [{ bucket: 'vllm-models', folder: `batch/f${index}`, verb: 'write' }],
      })),
    });
  }), 'the policy of the bucket vllm-models would name 1503 principals > 1500, one for each role of each account; use a bucket of its own for some of'
  + ' the cells'],
  'addresses of Google\'s APIs that there are not': [network({ googleApis: 'public' as 'private' }),
    '\'googleApis\' (public) must be one of private, restricted, internet'],
  'no addresses for private access': [by('PrivateGoogleAccess', 'apis', (stack, project) => {
    const { network: own } = new Network(stack, 'network', { project });
    new PrivateGoogleAccess(stack, 'apis', { project, network: own, name: 'vllm', googleApis: 'internet' as 'private' });
  }), '\'googleApis\' (internet) must be one of private, restricted'],
  'one account with two sets of grants': [grants([], [{ role: 'roles/monitoring.viewer' }]),
    'vllm/server is the service account of two workloads with different grants: nothing; and roles/monitoring.viewer. Give each a service account'
    + ' of its own'],

  'a release without the metrics of the page': [dashboard({ release: SILENT }),
    'vLLM 9.0.0 has no metric \'vllm:num_requests_running\'; it is in 0.22.0 and 0.28.0 and 0.32.0 and 0.33.0'],
  'a release without the metrics of the alerts': [alerts({ release: SILENT }),
    'vLLM 9.0.0 has no metric \'vllm:num_requests_waiting\'; it is in 0.22.0 and 0.28.0 and 0.32.0 and 0.33.0'],
  'a whole stack with its state in no bucket': [wholeStack({ stateBucket: 'gs://state' }), `'stateBucket' (gs://state) ${BUCKET_FORM}`],
};

test.each(Object.entries(CASES))('%s', (_, [{ by: named, build }, message]) => {
  expect(messageOf(build)).toBe(`${named}: ${message}`);
});

test('every construct of the cloud refuses something, and names itself', () => {
  const constructs = Object.entries(gke).filter(([, value]) => value.prototype instanceof Construct).map(([name]) => name);
  const named = Object.values(CASES).map(([trial]) => trial.by.split(' ')[0]);
  expect(constructs.length).toBeGreaterThanOrEqual(16);
  expect(constructs.filter(name => !named.includes(name))).toEqual([]);
});

test('what is right is not refused', () => {
  expect(Object.keys(CASES).length).toBeGreaterThan(75);
  const right = [
    network, cluster, gpuPool, cpuPool, nodes, bucket, share, disk, registry, token, gateway, dashboard, alerts,
  ].map(build => build({}));
  for (const { build } of [...right, grants([])]) {
    expect(() => messageOf(build)).toThrow('nothing was refused');
  }
});
