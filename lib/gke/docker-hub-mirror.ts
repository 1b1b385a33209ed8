import { ArtifactRegistryRepository } from '@cdktf/provider-google/lib/artifact-registry-repository';
import { ArtifactRegistryRepositoryIamMember } from '@cdktf/provider-google/lib/artifact-registry-repository-iam-member';
import { Construct } from 'constructs';
import { refusing } from '../common/refusal';
import { requireName } from './checks';
import { NodeIdentity } from './node-identity';
import { Project } from './project';
import { requirePropsOf } from '../common/props';

/** Props of `DockerHubMirror`. */
export interface DockerHubMirrorProps {
  /** Project that it is made in. */
  readonly project: Project;
  /** Identity of the nodes that pull through it. */
  readonly nodes: NodeIdentity;
  /**
   * Name of the repository: lower case letters, digits and `-`, starting with a letter.
   * @default docker-hub
   */
  readonly name?: string;
}

/**
 * A repository that fetches images of docker.io when they are first pulled, and keeps them. GKE streams images that come out of Artifact
 * Registry only, so vLLM's own image starts by streaming when it is named with `prefix`.
 *
 * @throws on what is no name
 * @see https://cloud.google.com/kubernetes-engine/docs/how-to/image-streaming and
 * https://cloud.google.com/artifact-registry/docs/repositories/remote-overview
 */
export class DockerHubMirror extends Construct {
  /** The repository, for patches. */
  readonly repository: ArtifactRegistryRepository;
  /** What stands before the name of an image instead of `docker.io`: `us-central1-docker.pkg.dev/PROJECT/docker-hub`. */
  readonly prefix: string;

  constructor(scope: Construct, id: string, props: DockerHubMirrorProps) {
    super(scope, id);
    requirePropsOf(this, 'DockerHubMirrorProps', props);
    const { project, nodes } = props;
    const name = refusing(this, () => requireName('name', props.name ?? 'docker-hub'));
    this.repository = new ArtifactRegistryRepository(this, 'Resource', {
      project: project.id, location: project.region, repositoryId: name, format: 'DOCKER', mode: 'REMOTE_REPOSITORY',
      description: 'Images of docker.io, fetched when they are first pulled',
      remoteRepositoryConfig: { description: 'docker.io', dockerRepository: { publicRepository: 'DOCKER_HUB' } },
      vulnerabilityScanningConfig: { enablementConfig: 'INHERITED' }, dependsOn: project.apis('artifactregistry'),
    });
    new ArtifactRegistryRepositoryIamMember(this, 'Readers', {
      project: project.id, location: this.repository.location, repository: this.repository.name, role: 'roles/artifactregistry.reader',
      member: nodes.account.member,
    });
    this.prefix = `${project.region}-docker.pkg.dev/${project.id}/${name}`;
  }
}
