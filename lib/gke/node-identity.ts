import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member';
import { ServiceAccount } from '@cdktf/provider-google/lib/service-account';
import { Construct } from 'constructs';
import { refusing } from '../common/refusal';
import { requireForm } from './checks';
import { Project } from './project';
import { requirePropsOf } from '../common/props';

/** What a node needs to log and to be measured. Images are read by a grant on their registry; workloads have identities of their own. */
const ROLE = 'roles/container.defaultNodeServiceAccount';

/** Props of `NodeIdentity`. */
export interface NodeIdentityProps {
  /** Project that it is made in. */
  readonly project: Project;
  /**
   * Id of the account: 6 to 30 lower case letters, digits and `-`, starting with a letter.
   * @default vllm-nodes
   */
  readonly accountId?: string;
}

/**
 * The service account of the nodes, with the least that nodes need.
 *
 * @throws on what is no id of an account
 * @see https://cloud.google.com/kubernetes-engine/docs/how-to/service-accounts
 */
export class NodeIdentity extends Construct {
  /** The service account, for patches. */
  readonly account: ServiceAccount;
  /** Role of the account; nodes that start before it cannot log. */
  readonly grant: ProjectIamMember;

  constructor(scope: Construct, id: string, props: NodeIdentityProps) {
    super(scope, id);
    requirePropsOf(this, 'NodeIdentityProps', props);
    const { project } = props;
    const accountId = refusing(this, () => requireForm('accountId', props.accountId ?? 'vllm-nodes', /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
      'must have 6 to 30 lower case letters, digits and \'-\', starting with a letter'));
    this.account = new ServiceAccount(this, 'Account', {
      project: project.id, accountId, displayName: 'Nodes of the vLLM cluster', dependsOn: project.apis('iam'),
    });
    this.grant = new ProjectIamMember(this, 'Grant', {
      project: project.id, role: ROLE, member: this.account.member, dependsOn: project.apis('cloudresourcemanager'),
    });
  }
}
