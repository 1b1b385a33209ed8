import { DockerHubMirror, NodeIdentity } from '../../lib/gke';
import { refusalOf } from '../planning/pairs';
import { appStack } from './app-stack';
import { synthesized } from './synthesized';

const made = (name?: string) => synthesized((stack, project) => {
  const { prefix } = new DockerHubMirror(stack, 'mirror', { project, nodes: new NodeIdentity(stack, 'nodes', { project }), name });
  expect(prefix).toMatch(/^us-central1-docker\.pkg\.dev\/.+\/(docker-hub|mine)$/);
});

test('a repository that fetches from docker.io, which nodes may read and nothing else', () => {
  const mirror = made();
  expect(mirror.one('google_artifact_registry_repository')).toMatchObject({
    repository_id: 'docker-hub', location: 'us-central1', format: 'DOCKER', mode: 'REMOTE_REPOSITORY',
    remote_repository_config: { docker_repository: { public_repository: 'DOCKER_HUB' } },
  });
  const { role, member, repository } = mirror.one('google_artifact_registry_repository_iam_member');
  expect([role, mirror.reference(member), mirror.reference(repository)]).toEqual([
    'roles/artifactregistry.reader', '${google_service_account.nodes_Account.member}', '${google_artifact_registry_repository.mirror.name}',
  ]);
  expect(made('mine').one('google_artifact_registry_repository').repository_id).toBe('mine');
});

test('a name that is none is refused', () => {
  expect(refusalOf(() => made('Docker Hub'))).toBe('DockerHubMirror \'mirror\': \'name\' (Docker Hub) must be lower case letters, digits and \'-\','
    + ' starting with a letter');
});

test('the stack has one in the region of its nodes, and says its prefix', () => {
  const stack = appStack({ CDK8S_VLLM_CELLS: 'l4-gcs', CDK8S_VLLM_REGION: 'europe-west4' });
  const modes = stack.all('google_artifact_registry_repository').map(({ repository_id: name, mode, location }) => [name, mode, location]);
  expect(modes).toEqual([['vllm', undefined, 'europe-west4'], ['docker-hub', 'REMOTE_REPOSITORY', 'europe-west4']]);
  expect(stack.json.output.docker_hub_prefix.value).toBe('europe-west4-docker.pkg.dev/${var.project_id}/docker-hub');
});
