import { ArtifactRegistry, NodeIdentity } from '../../lib/gke';
import { synthesized } from './synthesized';

test('a registry of images whose tags stay, which nodes may read and nothing else', () => {
  const made = synthesized((stack, project) => {
    const { url } = new ArtifactRegistry(stack, 'registry', { project, nodes: new NodeIdentity(stack, 'nodes', { project }) });
    expect(url).toMatch(/^us-central1-docker\.pkg\.dev\/.+\/vllm$/);
  });
  expect(made.one('google_artifact_registry_repository')).toMatchObject({
    repository_id: 'vllm', location: 'us-central1', format: 'DOCKER', docker_config: { immutable_tags: true },
  });
  const { role, member, repository } = made.one('google_artifact_registry_repository_iam_member');
  expect([role, made.reference(member), made.reference(repository)]).toEqual([
    'roles/artifactregistry.reader', '${google_service_account.nodes_Account.member}',
    '${google_artifact_registry_repository.registry.name}',
  ]);
});
