import { SecretManagerSecret } from '@cdktf/provider-google/lib/secret-manager-secret';
import { IResolvable } from 'cdktf';
import { Construct } from 'constructs';
import { refusing } from '../common/refusal';
import { requireForm } from './checks';
import { Project } from './project';

export interface HubTokenProps {
  readonly project: Project;
  /** @default hugging-face-token */
  readonly name?: string;
  /** Terraform destroys it only without. @default true */
  readonly deletionProtection?: boolean | IResolvable;
}

/** The place of the token for gated models in Secret Manager. Its value is added by hand and never in a plan or a state. */
export class HubToken extends Construct {
  readonly secret: SecretManagerSecret;

  /** @throws on what is no name of a secret */
  constructor(scope: Construct, id: string, props: HubTokenProps) {
    super(scope, id);
    const secretId = refusing(this, () =>
      requireForm('name', props.name ?? 'hugging-face-token', /^[A-Za-z0-9_-]{1,255}$/, 'must be letters, digits, \'-\' and \'_\''));
    this.secret = new SecretManagerSecret(this, 'Resource', {
      project: props.project.id, secretId, replication: { auto: {} }, deletionProtection: props.deletionProtection ?? true,
      dependsOn: props.project.apis('secretmanager'),
    });
  }
}
