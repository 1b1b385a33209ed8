import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appStack, settingsOf } from '../gke/app-stack';
import { expanded } from '../gke/expanded';
import { Block } from '../gke/synthesized';
import { withEach } from '../gke/worlds';
import { FolderRole } from '../../lib/gke/folder-role';
import { addressOf } from './addresses';
import { CASES, testFileOf } from './expectations';
import { standIn } from './stand-in';
import { Terraform, withTerraform } from './terraform';

const VARIABLES = ['-var=project_id=my-project', '-var=project_number=123456789012', '-var=alert_emails=["a@example.com","b@example.com"]'];
const POOL = 'principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/my-project.svc.id.goog';

const json = appStack().json;
let terraform: Terraform;
let values: Map<string, Block>;

beforeAll(() => {
  terraform = new Terraform(standIn(json));
  terraform.succeed('init');
  terraform.succeed('apply', '-auto-approve', '-no-color', ...VARIABLES);
  const { values: { root_module: root } } = JSON.parse(terraform.succeed('show', '-json')) as Block;
  values = new Map(root.resources.map((resource: Block) => [resource.address.replace(/^terraform_data\./, ''), resource.values]));
});
afterAll(() => terraform.remove());

const valueOf = (type: string, name: string): Block => values.get(addressOf(json, type, name).replace('.', '__'))!.output;

test('terraform makes everything that the JSON has, and nothing is left to do afterwards', () => {
  const blocks = Object.values(withEach(json).resource as Record<string, object>);
  const count = blocks.reduce((sum, ofType) => sum + Object.keys(ofType).length, 0);
  // One channel more: there are two addresses.
  expect(values.size).toBe(count + 1);
  expect(terraform.run('plan', '-detailed-exitcode', '-no-color', ...VARIABLES)).toMatchObject({ status: 0 });
});

test('each workload is known by the number and the id of the project', () => {
  const members = [...values].filter(([address]) => address.startsWith('google_storage_bucket_iam_member__')).map(([, { output }]) => output);
  expect(members.map(({ member }) => member)).toContain(`${POOL}/subject/ns/vllm/sa/vllm-openai-gcs-l4`);
  const project = { 'var.project_id': 'my-project', 'var.project_number': '123456789012' };
  const grants = Object.values(withEach(json).resource.google_storage_bucket_iam_member as Record<string, Block>);
  const wanted = grants.map(({ member, role, condition }) => ({
    member: Object.entries(project).reduce((text: string, [name, value]) => text.replaceAll(`\${${name}}`, value), member), role, condition,
  }));
  const sorted = (blocks: Block[]) => blocks.map(({ member, role, condition: { title, expression } }) =>
    JSON.stringify([member, role, title, expression])).sort();
  expect(sorted(members)).toEqual(sorted(wanted));
  expect(members.filter(({ member, bucket }) => !member.startsWith(`${POOL}/subject/ns/`) || bucket !== 'vllm-models')).toEqual([]);
});

test('terraform reads a template of grants as the tests do, whatever a folder is called', () => {
  const folders = ['a"b', 'c\\\\d', 'e/%s', 'f/%[1]s', 'ü'];
  const block = { for_each: { all: folders, none: [] }, condition: FolderRole.READ.template('b', 'each.value') };
  const made = { for_each: block.for_each, input: block.condition };
  const { values: { root_module: root } } = withTerraform({ resource: { terraform_data: { made } } }, (own) => {
    own.succeed('init');
    own.succeed('apply', '-auto-approve');
    return JSON.parse(own.succeed('show', '-json')) as Block;
  });
  expect(root.resources.map((resource: Block) => resource.values.output)).toEqual(expanded(block).map(({ condition }) => condition));
});

test('what is protected is so until it is asked for otherwise', () => {
  const planned = (value: boolean) => {
    terraform.succeed('plan', '-out=plan', ...VARIABLES, `-var=deletion_protection=${value}`);
    const { planned_values: { root_module: root } } = JSON.parse(terraform.succeed('show', '-json', 'plan')) as Block;
    const input = (type: string, name: string) => root.resources
      .find(({ name: own }: Block) => own === addressOf(json, type, name).replace('.', '__')).values.input;
    return [
      input('google_container_cluster', 'vllm').deletion_protection, input('google_storage_bucket', 'vllm-models').force_destroy,
      input('google_secret_manager_secret', 'hugging-face-token').deletion_protection,
    ];
  };
  expect(planned(true)).toEqual([true, false, true]);
  expect(planned(false)).toEqual([false, true, false]);
});

test('all policies tell both channels', () => {
  const channels = [...values].filter(([address]) => address.startsWith('google_monitoring_notification_channel__'));
  expect(channels.map(([, { output }]) => output.labels.email_address)).toEqual(['a@example.com', 'b@example.com']);
  for (const name of ['vLLM: requests wait', 'vLLM: KV cache full', 'vLLM: broken answers']) {
    expect(valueOf('google_monitoring_alert_policy', name).notification_channels).toEqual(channels.map(([, { id }]) => id));
  }
});

test('what is JSON or a query inside the JSON arrives as it was written', () => {
  const dashboard = [...values].find(([address]) => address.startsWith('google_monitoring_dashboard__'))![1].output;
  expect(JSON.parse(dashboard.dashboard_json).displayName).toBe(`vLLM ${settingsOf().release.version}`);
  const [{ condition_prometheus_query_language: { query } }] = valueOf('google_monitoring_alert_policy', 'vLLM: broken answers').conditions;
  expect(query).toContain('{finished_reason=~"abort|error"}[5m]');
});

test('node pools belong to the cluster and use the account of the nodes', () => {
  const cluster = values.get(addressOf(json, 'google_container_cluster', 'vllm').replace('.', '__'))!;
  const account = values.get(addressOf(json, 'google_service_account', 'vllm-nodes').replace('.', '__'))!;
  expect(valueOf('google_container_node_pool', 'g2-standard-24')).toMatchObject({ cluster: cluster.id, node_config: { service_account: account.id } });
  expect(cluster.output.workload_identity_config.workload_pool).toBe('my-project.svc.id.goog');
});

test('the output is the settings that it was made with', () => {
  const folder = mkdtempSync(join(tmpdir(), 'settings-'));
  try {
    writeFileSync(join(folder, '.env'), terraform.succeed('output', '-raw', 'settings'));
    expect(settingsOf({}, join(folder, '.env'))).toEqual(settingsOf());
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the outputs are commands of the project', () => {
  const outputs = JSON.parse(terraform.succeed('output', '-json')) as Record<string, { readonly value: string }>;
  expect(Object.fromEntries(Object.entries(outputs).filter(([name]) => name !== 'settings').map(([name, { value }]) => [name, value]))).toEqual({
    credentials_command: 'gcloud container clusters get-credentials vllm --dns-endpoint --location us-central1 --project my-project',
    hub_token_command: 'gcloud secrets versions add hugging-face-token --project my-project --data-file=-',
    registry_url: 'us-central1-docker.pkg.dev/my-project/vllm',
    docker_hub_prefix: 'us-central1-docker.pkg.dev/my-project/docker-hub',
  });
});

/** Where the arguments of a resource are; of those that are made for each of something, together, only their number is asked for. */
function inputOf(address: string, key: string): string {
  const own = `terraform_data.${address.replace('.', '__')}${key}`;
  return key === '' && /^google_(monitoring_notification_channel|storage_bucket_iam_member)\./.test(address) ? own : `${own}.input`;
}

/** The expectations of the provider's tests, as far as they need no provider. */
function tested(name: string, change: (json: Block) => void = () => undefined): string {
  const built = CASES[name]();
  change(built.json);
  const stack = standIn(built.json);
  return withTerraform({ ...stack, terraform: {} }, (own) => {
    own.write('stack.tftest.hcl', testFileOf(built, inputOf));
    own.succeed('init');
    return own.run('test', '-no-color').output.replace(/[│\s]+/g, ' ');
  });
}

test.each(Object.keys(CASES))('%s: planned and applied as expected', (name) => {
  expect(tested(name)).toContain('Success! 2 passed, 0 failed.');
});

test('an expectation that is not met is found', () => {
  const wrong = (stack: Block) => {
    const pools = Object.values(stack.resource.google_container_node_pool as Record<string, Block>);
    pools.find(({ node_config: { spot } }) => spot)!.node_config.spot = false;
  };
  expect(tested('every kind of capacity', wrong)).toContain('google_container_node_pool g2-standard-24-spot: one($.node_config[*].spot)');
});

const checked = (stack: Block) => withTerraform(stack, (own) => {
  own.succeed('init', '-backend=false');
  return own.run('validate', '-no-color');
});

test('state in a bucket is valid', () => {
  const stack = standIn(appStack({ CDK8S_VLLM_STATE_BUCKET: 'my-state', CDK8S_VLLM_CELLS: 'l4-gcs' }).json);
  expect(stack.terraform.backend).toHaveProperty('gcs');
  expect(checked(stack)).toMatchObject({ status: 0 });
});

test.each<[string, (stack: Block) => void, string]>([
  ['a reference to what is not there', ({ output }) => { output.settings.value = '${google_storage_bucket.other.name}'; },
    'A managed resource "google_storage_bucket" "other" has not been declared'],
  ['a variable that is not there', ({ output }) => { output.settings.value = '${var.projekt}'; }, 'An input variable with the name "projekt" has not been declared'],
  ['an expression that is none', ({ output }) => { output.settings.value = '${var.project_id'; }, 'Unclosed template interpolation'],
  ['a function that is none', ({ output }) => { output.settings.value = '${jsonencodes(var.project_id)}'; }, 'There is no function named "jsonencodes"'],
  ['a ring', ({ resource }) => {
    const [[name, network]] = Object.entries(resource.google_compute_network as Record<string, Block>);
    network.depends_on.push(`google_compute_subnetwork.${Object.keys(resource.google_compute_subnetwork)[0]}`);
    network.description = `of ${name}`;
  }, 'Cycle:'],
])('terraform finds %s', (_, plant, message) => {
  const stack = structuredClone(json);
  plant(stack);
  const { status, output } = checked(standIn(stack));
  expect([status, output.replace(/[│\s]+/g, ' ')]).toEqual([1, expect.stringContaining(message)]);
});

test('a reference to an attribute that is neither set nor computed is found', () => {
  const stack = structuredClone(json);
  stack.output.settings.value = stack.output.hub_token_command.value.replace('.secret_id', '.secret_name');
  expect(() => standIn(stack)).toThrow('\'secret_name\' is neither set nor known to be computed');
});
