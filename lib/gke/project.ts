import { ProjectService } from '@cdktf/provider-google/lib/project-service';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { TerraformVariable } from 'cdktf';
import { Construct } from 'constructs';
import { refusing } from '../common/refusal';
import { ServiceIdentity } from '../common/identity';
import { requireRegion } from './checks';
import { requirePropsOf } from '../common/props';

/**
 * APIs of Google Cloud, as far as this library makes something with them.
 *
 * @see https://cloud.google.com/apis/docs/getting-started
 */
export type Api = 'artifactregistry' | 'binaryauthorization' | 'cloudresourcemanager' | 'compute' | 'container' | 'containerfilesystem'
  | 'containersecurity' | 'dns' | 'file' | 'iam' | 'iap' | 'logging' | 'monitoring' | 'secretmanager' | 'storage';

/** Props of `Project`. */
export interface ProjectProps {
  /** Name of the region, for example `us-central1`. */
  readonly region: string;
}

/**
 * The project that everything is made in: a Terraform variable, so that one plan serves many projects.
 *
 * @throws on what is no region
 */
export class Project extends Construct {
  /** Name of the region. */
  readonly region: string;
  /** Id of the project, which Terraform knows. */
  readonly id: string;
  /** Number of the project, which Terraform knows. */
  readonly number: string;
  /** Pool of identities that Kubernetes service accounts are known by in Google Cloud. */
  readonly workloadPool: string;
  private readonly enabled = new Map<Api, ProjectService>();

  constructor(scope: Construct, id: string, props: ProjectProps) {
    super(scope, id);
    requirePropsOf(this, 'ProjectProps', props);
    this.region = refusing(this, () => requireRegion('region', props.region));
    const projectId = new TerraformVariable(this, 'project_id', {
      type: 'string', nullable: false, description: 'Id of the Google Cloud project, for example my-project',
      validation: [{
        condition: '${can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))}',
        errorMessage: 'A project id has 6 to 30 lower case letters, digits and hyphens, and starts with a letter.',
      }],
    });
    projectId.overrideLogicalId('project_id');
    const projectNumber = new TerraformVariable(this, 'project_number', {
      type: 'string', nullable: false, description: 'Number of the same project: gcloud projects describe PROJECT --format="value(projectNumber)"',
      validation: [{ condition: '${can(regex("^[0-9]{6,19}$", var.project_number))}', errorMessage: 'A project number has digits only.' }],
    });
    projectNumber.overrideLogicalId('project_number');
    this.id = projectId.stringValue;
    this.number = projectNumber.stringValue;
    this.workloadPool = `${this.id}.svc.id.goog`;
    new GoogleProvider(this, 'google', { project: this.id, region: this.region });
  }

  /** The APIs, enabled: what is made with them depends on these. They stay enabled when the stack goes, as others may use them. */
  apis(...names: Api[]): ProjectService[] {
    return names.map((name) => {
      const service = this.enabled.get(name) ?? new ProjectService(this, name, {
        project: this.id, service: `${name}.googleapis.com`, disableOnDestroy: false,
      });
      this.enabled.set(name, service);
      return service;
    });
  }

  /**
   * The Kubernetes service account as a member of a grant, without a key and without an account of Google Cloud's own.
   *
   * @see https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity
   */
  principal(identity: ServiceIdentity): string {
    return this.principalOf(subjectOf(identity));
  }

  /** @internal */
  principalOf(subject: string): string {
    return `principal://iam.googleapis.com/projects/${this.number}/locations/global/workloadIdentityPools/${this.workloadPool}/subject/${subject}`;
  }
}

/** @internal */
export function subjectOf({ namespace, serviceAccountName }: ServiceIdentity): string {
  return `ns/${namespace}/sa/${serviceAccountName}`;
}
