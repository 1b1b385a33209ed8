import { ComputeGlobalAddress } from '@cdktf/provider-google/lib/compute-global-address';
import { ComputeManagedSslCertificate } from '@cdktf/provider-google/lib/compute-managed-ssl-certificate';
import { IapWebIamMember } from '@cdktf/provider-google/lib/iap-web-iam-member';
import { Construct } from 'constructs';
import { requireForm, requireName } from './checks';
import { Project } from './project';
import { Refusal, refusing } from '../common/refusal';
import { requirePropsOf } from '../common/props';

/** Props of `GatewayAccess`. */
export interface GatewayAccessProps {
  /** Project that it is made in. */
  readonly project: Project;
  /** Names that people open, for example `chat.example.com`; their DNS entry is the address made here. */
  readonly hosts: readonly string[];
  /** Members that may pass the Identity-Aware Proxy: `user:…`, `group:…`, `serviceAccount:…`, `domain:…`. */
  readonly members: readonly string[];
  /**
   * Name of the address: lower case letters, digits and `-`, starting with a letter.
   * @default vllm-gateway
   */
  readonly name?: string;
}

/**
 * A public address for a gateway, its certificate, and the people who may pass the Identity-Aware Proxy before it.
 *
 * @throws without a host or a member, on what is none, and on everybody
 */
export class GatewayAccess extends Construct {
  /** The address that the gateway listens on. */
  readonly address: ComputeGlobalAddress;
  /** The certificate of its names. */
  readonly certificate: ComputeManagedSslCertificate;

  constructor(scope: Construct, id: string, props: GatewayAccessProps) {
    super(scope, id);
    requirePropsOf(this, 'GatewayAccessProps', props);
    const { project, hosts, members } = props;
    const name = refusing(this, () => checkedName(props));
    this.address = new ComputeGlobalAddress(this, 'Address', { project: project.id, name, dependsOn: project.apis('compute') });
    this.certificate = new ComputeManagedSslCertificate(this, 'Certificate', {
      project: project.id, name, managed: { domains: [...hosts] }, dependsOn: project.apis('compute'),
    });
    members.forEach(member => new IapWebIamMember(this, member, {
      project: project.id, role: 'roles/iap.httpsResourceAccessor', member, dependsOn: project.apis('iap'),
    }));
  }
}

/** @throws on a name that is none, without a host or a member, on what is none, and on everybody */
function checkedName(props: GatewayAccessProps): string {
  const { hosts, members } = props;
  const name = requireName('name', props.name ?? 'vllm-gateway');
  if (hosts.length === 0 || members.length === 0) {
    throw new Refusal(`'${hosts.length === 0 ? 'hosts' : 'members'}' is empty; a gateway that nobody may pass needs no address`);
  }
  hosts.forEach(host => requireForm('hosts', host, /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, 'is no host name; for example chat.example.com'));
  members.forEach(member => requireForm('members', member, /^(user|group|serviceAccount):[^@\s]+@[^@\s]+$|^domain:[^@\s]+\.[^@\s]+$/,
    'must be user:MAIL, group:MAIL, serviceAccount:MAIL or domain:NAME; allUsers would let everybody in'));
  return name;
}
