import { ArtifactRegistryRepository } from '@cdktf/provider-google/lib/artifact-registry-repository';
import { ArtifactRegistryRepositoryIamMember } from '@cdktf/provider-google/lib/artifact-registry-repository-iam-member';
import { Construct } from 'constructs';
import { refusing } from '../common/refusal';
import { requireName, requireOneOf } from './checks';
import { NodeIdentity } from './node-identity';
import { Project } from './project';
import { requirePropsOf } from '../common/props';

const FORMATS: readonly 'DOCKER'[] = ['DOCKER'];

/** Props of `ArtifactRegistry`. */
export interface ArtifactRegistryProps {
  /** Project that it is made in. */
  readonly project: Project;
  /** Identity of the nodes that pull from it. */
  readonly nodes: NodeIdentity;
  /**
   * Name of the repository: lower case letters, digits and `-`, starting with a letter.
   * @default vllm
   */
  readonly name?: string;
  /**
   * Format of what it holds; images are what nodes pull.
   * @default DOCKER
   */
  readonly format?: 'DOCKER';
}

/**
 * A registry for images of one's own; nodes stream what they pull from it.
 *
 * @throws on what is no name, and on a format that holds no images
 */
export class ArtifactRegistry extends Construct {
  /** The repository, for patches. */
  readonly repository: ArtifactRegistryRepository;
  /** Address that images are pushed to: `us-central1-docker.pkg.dev/PROJECT/vllm`. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: ArtifactRegistryProps) {
    super(scope, id);
    requirePropsOf(this, 'ArtifactRegistryProps', props);
    const { project } = props;
    const { name, format } = refusing(this, () => ({
      name: requireName('name', props.name ?? 'vllm'), format: requireOneOf('format', props.format ?? 'DOCKER', FORMATS),
    }));
    this.repository = new ArtifactRegistryRepository(this, 'Resource', {
      project: project.id, location: project.region, repositoryId: name, format,
      description: 'Images of the vLLM cells', dockerConfig: { immutableTags: true },
      vulnerabilityScanningConfig: { enablementConfig: 'INHERITED' }, dependsOn: project.apis('artifactregistry'),
    });
    new ArtifactRegistryRepositoryIamMember(this, 'Readers', {
      project: project.id, location: this.repository.location, repository: this.repository.name, role: 'roles/artifactregistry.reader',
      member: props.nodes.account.member,
    });
    this.url = `${project.region}-docker.pkg.dev/${project.id}/${name}`;
  }
}
