import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Block } from '../gke/synthesized';
import { checkovVersion, judge, Judgement, Skip, skipFor } from './checkov';
import { PROJECT } from '../house/sources';

const SKIPS = JSON.parse(readFileSync(join(__dirname, 'checkov-skips.json'), 'utf8')) as Skip[];
const JSON_FILE = join(PROJECT, 'dist', 'terraform', 'stacks', 'gke', 'cdk.tf.json');

const json = JSON.parse(readFileSync(JSON_FILE, 'utf8')) as Block;
let judgement: Judgement;
beforeAll(() => {
  judgement = judge(json);
});

/** Which findings stay without a reason, and which reasons stay without a finding. */
function compared({ failed }: Judgement, skips: readonly Skip[], of: Block = json) {
  const used = failed.map(finding => skipFor(finding, skips, of));
  return {
    unexplained: failed.filter((_, index) => !used[index]).map(({ check, resource }) => `${check} ${resource.split('.')[0]}`),
    unused: skips.filter(skip => !used.includes(skip)).map(({ check }) => check),
  };
}

test('nothing fails without a reason, and no reason has outlived its finding', () => {
  expect(checkovVersion()).toBe('3.3.30');
  expect(judgement.passed).toBeGreaterThan(80);
  expect(compared(judgement, SKIPS)).toEqual({ unexplained: [], unused: [] });
  expect(SKIPS.filter(({ reason }) => reason.length < 40)).toEqual([]);
});

test('a reason that no longer applies is found', () => {
  const old = { check: 'CKV_GCP_13', resource: 'google_container_cluster.*', reason: 'Client certificates are off.' };
  expect(compared(judgement, [...SKIPS, old])).toEqual({ unexplained: [], unused: ['CKV_GCP_13'] });
});

test('a finding without a reason is found', () => {
  expect(compared(judgement, SKIPS.filter(({ check }) => check !== 'CKV_GCP_78'))).toEqual({
    unexplained: ['CKV_GCP_78 google_storage_bucket'], unused: [],
  });
});

test('what is made worse is found', () => {
  const worse = structuredClone(json);
  for (const bucket of Object.values(worse.resource.google_storage_bucket as Record<string, Block>)) {
    bucket.uniform_bucket_level_access = false;
  }
  for (const pool of Object.values(worse.resource.google_container_node_pool as Record<string, Block>)) {
    if (pool.name === 'cpu') {
      pool.management.auto_repair = false;
      pool.node_config.shielded_instance_config.enable_secure_boot = false;
    }
  }
  const { unexplained } = compared(judge(worse), SKIPS, worse);
  expect(unexplained.sort()).toEqual([
    'CKV_GCP_29 google_storage_bucket', 'CKV_GCP_68 google_container_node_pool', 'CKV_GCP_9 google_container_node_pool',
  ]);
});

test('what checkov cannot read does not count as judged', () => {
  expect(() => judge({ ...json, terraform: { ...json.terraform, required_version: '>= 1.7' } })).toThrow('checkov did not judge');
});
