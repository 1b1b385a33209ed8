import { ProjectService } from '@cdktf/provider-google/lib/project-service';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { TerraformVariable } from 'cdktf';
import { Construct } from 'constructs';
import { ServiceIdentity } from '../identity';
import { requireRegion } from './checks';

/** What the resources of this library are made with. https://cloud.google.com/apis/docs/getting-started */
const SERVICES = [
  'artifactregistry', 'cloudresourcemanager', 'compute', 'container', 'containersecurity', 'iam', 'iap', 'logging', 'monitoring', 'secretmanager',
  'storage',
];

export interface ProjectProps {
  readonly region: string;
}

/** The project that everything is made in: a Terraform variable, so that one plan serves many projects. */
export class Project extends Construct {
  readonly region: string;
  readonly id: string;
  readonly number: string;
  /** What Kubernetes service accounts are known by in Google Cloud. */
  readonly workloadPool: string;
  readonly services: ProjectService[];

  /** @throws on what is no region */
  constructor(scope: Construct, id: string, props: ProjectProps) {
    super(scope, id);
    this.region = requireRegion('region', props.region);
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
    this.services = SERVICES.map(service => new ProjectService(this, service, {
      project: this.id, service: `${service}.googleapis.com`, disableOnDestroy: false,
    }));
  }

  /**
   * The Kubernetes service account as a member of a grant, without a key and without an account of Google Cloud's own.
   *
   * @see https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity
   */
  principal(identity: ServiceIdentity): string {
    return `principal://iam.googleapis.com/projects/${this.number}/locations/global/workloadIdentityPools/${this.workloadPool}`
      + `/subject/ns/${identity.namespace}/sa/${identity.serviceAccountName}`;
  }
}
