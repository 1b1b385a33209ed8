import { appStack } from '../gke/app-stack';
import { Terraform, withTerraform } from './terraform';

/** Only what is asked of whoever plans. */
const { variable } = appStack({ CDK8S_VLLM_CELLS: 'l4-gcs' }).json;
const GOOD = { project_id: 'my-project', project_number: '123456789012' };

let terraform: Terraform;
beforeAll(() => {
  terraform = new Terraform({ variable });
  terraform.succeed('init');
});
afterAll(() => terraform.remove());

const plan = (values: Record<string, unknown>) => terraform.run('plan', '-no-color',
  ...Object.entries(values).map(([name, value]) => `-var=${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`));

test.each<[Record<string, unknown>]>([
  [{}], [{ project_id: 'a12345' }], [{ project_id: `a${'1'.repeat(29)}` }], [{ project_number: '123456' }],
  [{ deletion_protection: false }], [{ alert_emails: [] }], [{ alert_emails: ['a@example.com', 'b+c@mail.example.com'] }],
])('%j is taken', (values) => {
  const { status, output } = plan({ ...GOOD, ...values });
  expect([status, output]).toEqual([0, expect.stringContaining('No changes.')]);
});

const ID = 'A project id has 6 to 30 lower case letters, digits and hyphens, and starts with a letter.';
const NUMBER = 'A project number has digits only.';
const MAIL = 'Each of alert_emails must be a mail address.';
test.each<[Record<string, unknown>, string]>([
  [{ project_id: 'short' }, ID], [{ project_id: `a${'1'.repeat(30)}` }, ID], [{ project_id: '1project' }, ID], [{ project_id: 'my-project-' }, ID],
  [{ project_id: 'My-Project' }, ID], [{ project_id: 'projects/my-project' }, ID], [{ project_id: '123456789012' }, ID], [{ project_id: '' }, ID],
  [{ project_number: 'my-project' }, NUMBER], [{ project_number: '12345' }, NUMBER], [{ project_number: '1234567890.0' }, NUMBER],
  [{ alert_emails: ['example.com'] }, MAIL], [{ alert_emails: ['a@example.com', 'b@example'] }, MAIL], [{ alert_emails: ['a b@example.com'] }, MAIL],
])('%j is refused', (values, message) => {
  const { status, output } = plan({ ...GOOD, ...values });
  const words = output.replace(/[│\s]+/g, ' ');
  expect([status, words]).toEqual([1, expect.stringContaining(message)]);
  expect(words).toContain('Invalid value for variable');
});

test.each(['project_id', 'project_number'] as const)('%s has to be given', (missing) => {
  const rest = Object.entries(GOOD).filter(([name]) => name !== missing);
  const { status, output } = plan(Object.fromEntries(rest));
  expect([status, output]).toEqual([1, expect.stringContaining(`The root module input variable "${missing}" is not set`)]);
});

test('null is no value', () => {
  const { status, output } = withTerraform({ variable }, (own) => {
    own.write('terraform.tfvars.json', JSON.stringify({ ...GOOD, project_id: null }));
    own.succeed('init');
    return own.run('plan', '-no-color');
  });
  expect([status, output]).toEqual([1, expect.stringContaining('required variable may not be set to null')]);
});
