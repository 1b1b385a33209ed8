import { ContainerCluster } from '@cdktf/provider-google/lib/container-cluster';
import { IResolvable } from 'cdktf';
import { Construct } from 'constructs';
import { Accelerator } from '../catalog';
import { CSI_DRIVERS } from '../common/csi-drivers';
import { Refusal, refusing } from '../common/refusal';
import { requireCidr, requireCount, requireForm, requireName, requireOneOf } from './checks';
import { Network } from './network';
import { GKE_METADATA, NODE_SYSTEM, SHIELDED_NODE } from './node-facts';
import { NodeIdentity } from './node-identity';
import { Project } from './project';
import { requirePropsOf } from '../common/props';

/** https://cloud.google.com/kubernetes-engine/docs/how-to/configure-metrics */
const METRICS: readonly MonitoringComponent[] = [
  'SYSTEM_COMPONENTS', 'APISERVER', 'SCHEDULER', 'CONTROLLER_MANAGER', 'STORAGE', 'HPA', 'POD', 'DAEMONSET', 'DEPLOYMENT', 'STATEFULSET',
  'KUBELET', 'CADVISOR', 'DCGM',
];

/**
 * Parts of a cluster whose metrics GKE collects.
 *
 * @see https://cloud.google.com/kubernetes-engine/docs/how-to/configure-metrics
 */
export type MonitoringComponent =
  'SYSTEM_COMPONENTS' | 'APISERVER' | 'SCHEDULER' | 'CONTROLLER_MANAGER' | 'STORAGE' | 'HPA' | 'POD' | 'DAEMONSET' | 'DEPLOYMENT'
  | 'STATEFULSET' | 'KUBELET' | 'CADVISOR' | 'DCGM';

const DEFAULT_METRICS: MonitoringComponent[] = ['SYSTEM_COMPONENTS', 'STORAGE', 'HPA', 'POD', 'DEPLOYMENT', 'DCGM'];

const CHANNELS: readonly ReleaseChannel[] = ['RAPID', 'REGULAR', 'STABLE', 'EXTENDED'];

/**
 * Channels that a cluster gets its versions by.
 *
 * @see https://cloud.google.com/kubernetes-engine/docs/concepts/release-channels
 */
export type ReleaseChannel = 'RAPID' | 'REGULAR' | 'STABLE' | 'EXTENDED';

/** The most GPUs of one kind that GKE adds by itself. */
export interface GpuLimit {
  /** Value of the node label, for example `nvidia-l4`. */
  readonly gkeLabel: string;
  /** Number of GPUs at most, 1 or more. */
  readonly maximum: number;
}

/** The most that GKE adds in node pools of its own. */
export interface AutoProvisioningLimits {
  /** Number of virtual CPUs at most, 1 or more. */
  readonly maxVcpus: number;
  /** Memory at most in GiB, 1 or more. */
  readonly maxMemoryGib: number;
  /**
   * Limits of GPUs by kind.
   * @default - none
   */
  readonly gpus?: readonly GpuLimit[];
}

/** Props of `GkeCluster`. */
export interface GkeClusterProps {
  /** Project that it is made in. */
  readonly project: Project;
  /** Network of the nodes, pods and Services. */
  readonly network: Network;
  /** Identity whose account all nodes have. */
  readonly nodes: NodeIdentity;
  /**
   * Name of the cluster, at most 40 characters: lower case letters, digits and `-`, starting with a letter.
   * @default vllm
   */
  readonly name?: string;
  /**
   * Drivers that pods mount volumes by, such as `csiDrivers` of the weights' storages; that of disks is always there.
   * @default - none
   */
  readonly csiDrivers?: readonly string[];
  /**
   * Address ranges that may reach the control plane's own address.
   * @default - none: it is reached by its DNS name, with an identity that may
   */
  readonly authorizedCidrs?: readonly string[];
  /**
   * Channel that the cluster gets its versions by.
   * @default REGULAR
   */
  readonly releaseChannel?: ReleaseChannel;
  /**
   * Start of the daily four hours of maintenance, UTC, `HH:MM`.
   * @default 03:00
   */
  readonly maintenanceStart?: string;
  /**
   * Parts of the cluster whose metrics GKE collects.
   * @default - system, storage, HPA, pods, Deployments and GPUs
   */
  readonly monitoringComponents?: readonly MonitoringComponent[];
  /**
   * The most that GKE adds in node pools of its own.
   * @default - it adds none
   */
  readonly autoProvisioning?: AutoProvisioningLimits;
  /**
   * Google group for RBAC, `gke-security-groups@` of one's own domain.
   * @default - none
   */
  readonly securityGroup?: string;
  /**
   * Whether Terraform refuses to destroy the cluster.
   * @default true
   */
  readonly deletionProtection?: boolean | IResolvable;
}

const DAY = '2026-01-01T';
const WINDOW_HOURS = 4;
const MOST = 1_000_000_000;

/**
 * A regional cluster of private nodes for cells: keyless identities, Dataplane V2, the storage drivers that the cells mount, managed
 * Prometheus with GPU metrics, and no node but those of its node pools.
 *
 * @throws on unknown channels, components and drivers, and on address ranges and times that are none
 */
export class GkeCluster extends Construct {
  /** Name of the cluster. */
  readonly name: string;
  /** Project that it is made in. */
  readonly project: Project;
  /** Identity whose account all nodes have. */
  readonly nodes: NodeIdentity;
  /** The cluster, for patches. */
  readonly cluster: ContainerCluster;

  constructor(scope: Construct, id: string, props: GkeClusterProps) {
    super(scope, id);
    requirePropsOf(this, 'GkeClusterProps', props);
    const { project, network, nodes } = props;
    this.project = project;
    this.nodes = nodes;
    const {
      name, csiDrivers, components, authorized, start, releaseChannel, securityGroup, clusterAutoscaling,
    } = refusing(this, () => checked(props));
    this.name = name;
    this.cluster = new ContainerCluster(this, 'Resource', {
      project: project.id, name: this.name, location: project.region, network: network.network.id, subnetwork: network.subnetwork.id,
      networkingMode: 'VPC_NATIVE',
      ipAllocationPolicy: { clusterSecondaryRangeName: network.podRange, servicesSecondaryRangeName: network.serviceRange },
      deletionProtection: props.deletionProtection ?? true,
      removeDefaultNodePool: true,
      initialNodeCount: 1,
      // Of the default pool, which is removed as soon as it is there.
      nodeConfig: { serviceAccount: nodes.account.email, ...GKE_METADATA, ...SHIELDED_NODE },
      privateClusterConfig: { enablePrivateNodes: true },
      controlPlaneEndpointsConfig: {
        dnsEndpointConfig: { allowExternalTraffic: true },
        ipEndpointsConfig: { enabled: authorized.length > 0 },
      },
      masterAuthorizedNetworksConfig: authorized.length === 0 ? undefined : {
        gcpPublicCidrsAccessEnabled: false, cidrBlocks: authorized.map(({ text }) => ({ cidrBlock: text })),
      },
      masterAuth: { clientCertificateConfig: { issueClientCertificate: false } },
      authenticatorGroupsConfig: securityGroup === undefined ? undefined : { securityGroup },
      datapathProvider: 'ADVANCED_DATAPATH',
      enableIntranodeVisibility: true,
      workloadIdentityConfig: { workloadPool: project.workloadPool },
      enableShieldedNodes: true,
      releaseChannel: { channel: releaseChannel },
      maintenancePolicy: {
        recurringWindow: { startTime: timeOf(start), endTime: timeOf(start + WINDOW_HOURS * 60), recurrence: 'FREQ=DAILY' },
      },
      addonsConfig: {
        gcsFuseCsiDriverConfig: { enabled: csiDrivers.includes(CSI_DRIVERS.bucket) },
        gcpFilestoreCsiDriverConfig: { enabled: csiDrivers.includes(CSI_DRIVERS.filestore) },
        gcePersistentDiskCsiDriverConfig: { enabled: true },
        httpLoadBalancing: { disabled: false },
        horizontalPodAutoscaling: { disabled: false },
        dnsCacheConfig: { enabled: true },
      },
      monitoringConfig: {
        enableComponents: components, managedPrometheus: { enabled: true },
        advancedDatapathObservabilityConfig: { enableMetrics: true, enableRelay: false },
      },
      loggingConfig: { enableComponents: ['SYSTEM_COMPONENTS', 'WORKLOADS'] },
      gatewayApiConfig: { channel: 'CHANNEL_STANDARD' },
      podAutoscaling: { hpaProfile: 'PERFORMANCE' },
      verticalPodAutoscaling: { enabled: true },
      secretManagerConfig: { enabled: true },
      // Scanning was shut down: https://cloud.google.com/kubernetes-engine/docs/deprecations/vulnerability-scanning-gkee
      securityPostureConfig: { mode: 'BASIC', vulnerabilityMode: 'VULNERABILITY_DISABLED' },
      binaryAuthorization: { evaluationMode: 'PROJECT_SINGLETON_POLICY_ENFORCE' },
      costManagementConfig: { enabled: true },
      nodePoolDefaults: { nodeConfigDefaults: { gcfsConfig: { enabled: true }, insecureKubeletReadonlyPortEnabled: 'FALSE' } },
      clusterAutoscaling,
      resourceLabels: { 'managed-by': 'terraform', 'part-of': 'cdk8s-vllm' },
      timeouts: { create: '60m', update: '60m', delete: '60m' },
      // GKE tells the configuration of another pool once the default one is gone, and the cluster would be made anew for it:
      // https://github.com/hashicorp/terraform-provider-google/issues/12070
      lifecycle: { ignoreChanges: ['node_config', 'initial_node_count'] },
      dependsOn: [
        nodes.grant,
        ...project.apis('container', 'binaryauthorization', 'containerfilesystem', 'containersecurity', 'logging', 'monitoring', 'secretmanager'),
      ],
    });
  }
}

/** @throws on every prop that cannot be */
function checked(props: GkeClusterProps) {
  const authorized = (props.authorizedCidrs ?? []).map(cidr => requireCidr('authorizedCidrs', cidr));
  const open = authorized.find(({ prefix }) => prefix === 0);
  if (open) {
    throw new Refusal(`'authorizedCidrs' (${open.text}) lets the whole internet reach the control plane; name the ranges that need it, or none`);
  }
  return {
    name: requireName('name', props.name ?? 'vllm', 40),
    csiDrivers: (props.csiDrivers ?? []).map(driver => requireOneOf('csiDrivers', driver, Object.values(CSI_DRIVERS))),
    components: (props.monitoringComponents ?? DEFAULT_METRICS).map(component => requireOneOf('monitoringComponents', component, METRICS)),
    authorized,
    start: minutesOf(props.maintenanceStart ?? '03:00'),
    releaseChannel: requireOneOf('releaseChannel', props.releaseChannel ?? 'REGULAR', CHANNELS),
    securityGroup: props.securityGroup === undefined ? undefined : groupOf(props.securityGroup),
    clusterAutoscaling: autoscaling(props),
  };
}

function autoscaling({ autoProvisioning, nodes }: GkeClusterProps) {
  // Empty nodes go sooner: they are what costs.
  const autoscalingProfile = 'OPTIMIZE_UTILIZATION';
  if (!autoProvisioning) {
    return { enabled: false, autoscalingProfile };
  }
  const { maxVcpus, maxMemoryGib, gpus = [] } = autoProvisioning;
  const labels = Accelerator.all().map(({ gkeLabel }) => gkeLabel);
  return {
    enabled: true,
    autoscalingProfile,
    resourceLimits: [
      { resourceType: 'cpu', maximum: requireCount('maxVcpus', maxVcpus, 1, MOST) },
      { resourceType: 'memory', maximum: requireCount('maxMemoryGib', maxMemoryGib, 1, MOST) },
      ...gpus.map(({ gkeLabel, maximum }) => ({
        resourceType: requireOneOf('gkeLabel', gkeLabel, labels), maximum: requireCount(`maximum of ${gkeLabel}`, maximum, 1, MOST),
      })),
    ],
    autoProvisioningDefaults: {
      serviceAccount: nodes.account.email, ...NODE_SYSTEM, ...SHIELDED_NODE, management: { autoRepair: true, autoUpgrade: true },
    },
  };
}

function groupOf(mail: string): string {
  return requireForm('securityGroup', mail, /^gke-security-groups@[^@\s]+\.[^@\s]+$/,
    'must be gke-security-groups@DOMAIN: GKE reads that group only, and the groups that are members of it');
}

/** Minutes since midnight. */
function minutesOf(text: string): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (!match) {
    throw new Refusal(`'maintenanceStart' (${text}) is no time of day; for example 03:00`);
  }
  return Number(match[1]) * 60 + Number(match[2]);
}

function timeOf(minutes: number): string {
  return new Date(Date.parse(`${DAY}00:00:00Z`) + minutes * 60_000).toISOString().replace('.000Z', 'Z');
}
