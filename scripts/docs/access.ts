import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './example';
import { code, table } from './markdown';

const TERRAFORM = 'dist/terraform/stacks/gke/cdk.tf.json';
const READS = 'roles/storage.objectViewer';
const WRITES = 'roles/storage.objectUser';

interface Member {
  readonly role: string;
  readonly member: string;
  readonly condition: { readonly expression: string };
}

interface Terraform {
  readonly resource: { readonly google_storage_bucket_iam_member: { readonly [name: string]: Member } };
}

/** Each service account with the folders of the bucket that it reads and writes, out of the conditions of its roles. */
export function accessTable(): string {
  const { resource } = JSON.parse(readFileSync(join(PROJECT, TERRAFORM), 'utf8')) as Terraform;
  const members = Object.values(resource.google_storage_bucket_iam_member);
  const accounts = [...new Set(members.map(({ member }) => member))];
  return table(['service account', 'reads', 'writes'], accounts.map((account) => {
    const foldersOf = (role: string) => members.filter(({ member, role: given }) => member === account && given === role)
      .flatMap(({ condition }) => foldersIn(condition.expression)).map(code).join(', ');
    const name = account.split('/').at(-1)!;
    return [code(name), foldersOf(READS), foldersOf(WRITES)];
  }));
}

function foldersIn(expression: string): string[] {
  return [...expression.matchAll(/startsWith\("projects\/_\/buckets\/[^/]+\/objects\/(.+?)\/"\)/g)].map(([, folder]) => folder);
}
