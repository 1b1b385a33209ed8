import { TerraformOutput } from 'cdktf';
import { ServiceIdentity } from '../../lib/common/identity';
import { synthesized } from './synthesized';

test('the project is a variable, and nothing is read from the cloud to plan', () => {
  const { json } = synthesized((_, project) => project.apis('compute'));
  expect(Object.keys(json.variable)).toEqual(['project_id', 'project_number']);
  expect(json.variable.project_id).toMatchObject({ type: 'string', nullable: false });
  expect(json.variable.project_id.default).toBeUndefined();
  expect(json.provider.google).toEqual([{ project: '${var.project_id}', region: 'us-central1' }]);
  expect(json.data).toBeUndefined();
});

test('an API is enabled once, however many need it, and stays when the stack goes', () => {
  const made = synthesized((_, project) => {
    expect(project.apis('compute', 'file')[0]).toBe(project.apis('compute')[0]);
  });
  expect(made.all('google_project_service')).toEqual(['compute', 'file'].map(name => ({
    project: '${var.project_id}', service: `${name}.googleapis.com`, disable_on_destroy: false,
  })));
});

test('a Kubernetes service account is known by the number of the project and the id in its pool', () => {
  const made = synthesized((stack, project) => new TerraformOutput(stack, 'principal', {
    staticId: true, value: project.principal(new ServiceIdentity({ namespace: 'vllm', serviceAccountName: 'loader' })),
  }));
  expect(made.json.output.principal.value).toBe('principal://iam.googleapis.com/projects/${var.project_number}/locations/global'
    + '/workloadIdentityPools/${var.project_id}.svc.id.goog/subject/ns/vllm/sa/loader');
});
