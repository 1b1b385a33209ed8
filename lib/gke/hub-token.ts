import { SecretManagerSecret } from '@cdktf/provider-google/lib/secret-manager-secret';
import { IResolvable } from 'cdktf';
import { Construct } from 'constructs';
import { refusing } from '../common/refusal';
import { requireForm } from './checks';
import { Project } from './project';
import { requirePropsOf } from '../common/props';

/** Props of `HubToken`. */
export interface HubTokenProps {
  /** Project that it is made in. */
  readonly project: Project;
  /**
   * Name of the secret: letters, digits, `-` and `_`, at most 255 characters.
   * @default hugging-face-token
   */
  readonly name?: string;
  /**
   * Whether Terraform refuses to destroy the secret.
   * @default true
   */
  readonly deletionProtection?: boolean | IResolvable;
}

/**
 * The place of the token for gated models in Secret Manager. Its value is added by hand and never in a plan or a state.
 *
 * @throws on what is no name of a secret
 */
export class HubToken extends Construct {
  /** The secret, for patches. */
  readonly secret: SecretManagerSecret;

  constructor(scope: Construct, id: string, props: HubTokenProps) {
    super(scope, id);
    requirePropsOf(this, 'HubTokenProps', props);
    const secretId = refusing(this, () =>
      requireForm('name', props.name ?? 'hugging-face-token', /^[A-Za-z0-9_-]{1,255}$/, 'must be letters, digits, \'-\' and \'_\''));
    this.secret = new SecretManagerSecret(this, 'Resource', {
      project: props.project.id, secretId, replication: { auto: {} }, deletionProtection: props.deletionProtection ?? true,
      dependsOn: props.project.apis('secretmanager'),
    });
  }
}
