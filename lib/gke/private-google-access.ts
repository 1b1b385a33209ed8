import { ComputeNetwork } from '@cdktf/provider-google/lib/compute-network';
import { ComputeRoute } from '@cdktf/provider-google/lib/compute-route';
import { DnsManagedZone } from '@cdktf/provider-google/lib/dns-managed-zone';
import { DnsRecordSet } from '@cdktf/provider-google/lib/dns-record-set';
import { Construct } from 'constructs';
import { GOOGLE_APIS, GoogleApis } from '../common/google-apis';
import { refusing } from '../common/refusal';
import { requireOneOf } from './checks';
import { Project } from './project';
import { requirePropsOf } from '../common/props';

const ZONE = 'googleapis.com.';
const TTL_SECONDS = 300;

/** Props of `PrivateGoogleAccess`. */
export interface PrivateGoogleAccessProps {
  /** Project that it is made in. */
  readonly project: Project;
  /** Network whose pods and nodes are led to the addresses; its subnetworks need Private Google Access. */
  readonly network: ComputeNetwork;
  /** Name of the network. */
  readonly name: string;
  /** Which of the two sets of addresses. */
  readonly googleApis: Exclude<GoogleApis, 'internet'>;
}

/**
 * What leads all names of Google's APIs to four addresses, which no other party has: a network policy can then let pods reach those and
 * nothing else. Images come from other names, and nodes pull them.
 *
 * @throws on other addresses than these
 * @see https://cloud.google.com/vpc/docs/configure-private-google-access
 */
export class PrivateGoogleAccess extends Construct {
  constructor(scope: Construct, id: string, props: PrivateGoogleAccessProps) {
    super(scope, id);
    requirePropsOf(this, 'PrivateGoogleAccessProps', props);
    const { project, network, name, googleApis } = props;
    refusing(this, () => requireOneOf('googleApis', googleApis, ['private', 'restricted']));
    const { domain, cidr } = GOOGLE_APIS[googleApis];
    const zone = new DnsManagedZone(this, 'Zone', {
      project: project.id, name: `${name}-googleapis`, dnsName: ZONE, description: `Google's APIs at the addresses of ${domain}`,
      visibility: 'private', privateVisibilityConfig: { networks: [{ networkUrl: network.id }] }, dependsOn: project.apis('dns'),
    });
    const record = (recordId: string, recordName: string, type: string, rrdatas: string[]) => new DnsRecordSet(this, recordId, {
      project: project.id, managedZone: zone.name, name: recordName, type, ttl: TTL_SECONDS, rrdatas,
    });
    record('Addresses', `${domain}.`, 'A', addressesOf(cidr));
    record('Names', `*.${ZONE}`, 'CNAME', [`${domain}.`]);
    // The addresses are reached by the gateway to the internet and never leave Google's network, also where another route leads elsewhere.
    new ComputeRoute(this, 'Route', {
      project: project.id, name: `${name}-googleapis`, network: network.id, destRange: cidr, nextHopGateway: 'default-internet-gateway',
    });
  }
}

/** The four addresses of a range. */
function addressesOf(cidr: string): string[] {
  const [, start, last] = /^(.+\.)(\d+)\/30$/.exec(cidr)!;
  return [0, 1, 2, 3].map(offset => `${start}${Number(last) + offset}`);
}
