import { ComputeNetwork } from '@cdktf/provider-google/lib/compute-network';
import { ComputeRouter } from '@cdktf/provider-google/lib/compute-router';
import { ComputeRouterNat } from '@cdktf/provider-google/lib/compute-router-nat';
import { ComputeSubnetwork } from '@cdktf/provider-google/lib/compute-subnetwork';
import { Construct } from 'constructs';
import { Cidr } from '../common/cidr';
import { GoogleApis, requireGoogleApis } from '../common/google-apis';
import { refusing } from '../common/refusal';
import { requireCidr, requireDisjoint, requireName } from './checks';
import { PrivateGoogleAccess } from './private-google-access';
import { Project } from './project';
import { requirePropsOf } from '../common/props';

/** Props of `Network`. */
export interface NetworkProps {
  /** Project that it is made in. */
  readonly project: Project;
  /**
   * Name of the network, at most 50 characters: lower case letters, digits and `-`, starting with a letter.
   * @default vllm
   */
  readonly name?: string;
  /**
   * Addresses of nodes, from /8 to /28.
   * @default 10.0.0.0/20
   */
  readonly nodeCidr?: string;
  /**
   * Addresses of pods, from /9 to /21, 256 for each node: the default is enough for 1024 nodes.
   * @default 10.4.0.0/14
   */
  readonly podCidr?: string;
  /**
   * Addresses of Services, from /16 to /27.
   * @default 10.8.0.0/20
   */
  readonly serviceCidr?: string;
  /**
   * Addresses of the proxies of a regional gateway, from /9 to /26.
   * @default - none: there is no gateway
   */
  readonly proxyCidr?: string;
  /**
   * Addresses at which pods and nodes reach Google's APIs; the manifests have to say the same.
   * @default private
   */
  readonly googleApis?: GoogleApis;
}

/**
 * A network of its own for the cluster: nodes without public addresses, that reach out by NAT.
 *
 * @throws on ranges that are none, too small or overlap, and on addresses of Google's APIs that are none
 */
export class Network extends Construct {
  /** Name of the network. */
  readonly name: string;
  /** The network, for patches. */
  readonly network: ComputeNetwork;
  /** The subnetwork of the nodes. */
  readonly subnetwork: ComputeSubnetwork;
  /** Name of the range of the pods' addresses. */
  readonly podRange = 'pods';
  /** Name of the range of the Services' addresses. */
  readonly serviceRange = 'services';

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    requirePropsOf(this, 'NetworkProps', props);
    const { project } = props;
    this.name = refusing(this, () => requireName('name', props.name ?? 'vllm', 50));
    const { nodes, pods, services, proxies } = refusing(this, () => rangesOf(props));
    this.network = new ComputeNetwork(this, 'Network', {
      project: project.id, name: this.name, autoCreateSubnetworks: false, routingMode: 'REGIONAL', dependsOn: project.apis('compute'),
    });
    this.subnetwork = new ComputeSubnetwork(this, 'Nodes', {
      project: project.id, name: `${this.name}-nodes`, region: project.region, network: this.network.id, ipCidrRange: nodes.text,
      privateIpGoogleAccess: true, stackType: 'IPV4_ONLY',
      secondaryIpRange: [
        { rangeName: this.podRange, ipCidrRange: pods.text }, { rangeName: this.serviceRange, ipCidrRange: services.text },
      ],
      logConfig: { aggregationInterval: 'INTERVAL_10_MIN', flowSampling: 0.5, metadata: 'INCLUDE_ALL_METADATA' },
    });
    for (const { text } of proxies) {
      new ComputeSubnetwork(this, 'Proxies', {
        project: project.id, name: `${this.name}-proxies`, region: project.region, network: this.network.id, ipCidrRange: text,
        purpose: 'REGIONAL_MANAGED_PROXY', role: 'ACTIVE',
      });
    }
    const googleApis = refusing(this, () => requireGoogleApis('\'googleApis\'', props.googleApis ?? 'private'));
    if (googleApis !== 'internet') {
      new PrivateGoogleAccess(this, 'GoogleApis', { project, network: this.network, name: this.name, googleApis });
    }
    const router = new ComputeRouter(this, 'Router', {
      project: project.id, name: `${this.name}-router`, region: project.region, network: this.network.id,
    });
    new ComputeRouterNat(this, 'Nat', {
      project: project.id, name: `${this.name}-nat`, region: project.region, router: router.name, natIpAllocateOption: 'AUTO_ONLY',
      sourceSubnetworkIpRangesToNat: 'LIST_OF_SUBNETWORKS',
      subnetwork: [{ name: this.subnetwork.id, sourceIpRangesToNat: ['ALL_IP_RANGES'] }],
      // A loader opens many connections to one server: more than the 64 ports that a node has else.
      enableDynamicPortAllocation: true, enableEndpointIndependentMapping: false, minPortsPerVm: 64, maxPortsPerVm: 4096,
      logConfig: { enable: true, filter: 'ERRORS_ONLY' },
    });
  }
}

interface Ranges {
  readonly nodes: Cidr;
  readonly pods: Cidr;
  readonly services: Cidr;
  /** None, or one. */
  readonly proxies: Cidr[];
}

/** @throws on ranges that are none, too small or overlap */
function rangesOf({ nodeCidr = '10.0.0.0/20', podCidr = '10.4.0.0/14', serviceCidr = '10.8.0.0/20', proxyCidr }: NetworkProps): Ranges {
  // https://cloud.google.com/kubernetes-engine/docs/concepts/alias-ips#defaults_limits
  const nodes = requireCidr('nodeCidr', nodeCidr, 8, 28);
  const pods = requireCidr('podCidr', podCidr, 9, 21);
  const services = requireCidr('serviceCidr', serviceCidr, 16, 27);
  // https://cloud.google.com/load-balancing/docs/proxy-only-subnets
  const proxies = proxyCidr === undefined ? [] : [requireCidr('proxyCidr', proxyCidr, 9, 26)];
  requireDisjoint([nodes, pods, services, ...proxies]);
  return { nodes, pods, services, proxies };
}
