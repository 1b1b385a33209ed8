import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member';
import { ServiceAccount } from '@cdktf/provider-google/lib/service-account';
import { Construct } from 'constructs';
import { requireForm } from './checks';
import { Project } from './project';

/** What a node needs to log, to be measured and to pull images; workloads have identities of their own. */
const ROLES = ['roles/container.defaultNodeServiceAccount', 'roles/artifactregistry.reader'];

export interface NodeIdentityProps {
  readonly project: Project;
  /** @default vllm-nodes */
  readonly accountId?: string;
}

/** The service account of the nodes, with the least that nodes need. https://cloud.google.com/kubernetes-engine/docs/how-to/service-accounts */
export class NodeIdentity extends Construct {
  readonly account: ServiceAccount;

  constructor(scope: Construct, id: string, props: NodeIdentityProps) {
    super(scope, id);
    const { project } = props;
    const accountId = requireForm('accountId', props.accountId ?? 'vllm-nodes', /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
      'must have 6 to 30 lower case letters, digits and \'-\', starting with a letter');
    this.account = new ServiceAccount(this, 'Account', {
      project: project.id, accountId, displayName: 'Nodes of the vLLM cluster', dependsOn: project.services,
    });
    ROLES.forEach(role => new ProjectIamMember(this, role, { project: project.id, role, member: this.account.member }));
  }
}
