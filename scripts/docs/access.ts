import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './example';
import { code, table } from './markdown';

const TERRAFORM = 'dist/terraform/stacks/gke/cdk.tf.json';
const READS = 'roles/storage.objectViewer';
const WRITES = 'roles/storage.objectUser';

/** A role of many accounts, with the folders of each. */
interface Members {
  readonly role: string;
  readonly for_each: { readonly [account: string]: readonly string[] };
}

interface Terraform {
  readonly resource: { readonly google_storage_bucket_iam_member: { readonly [name: string]: Members } };
}

/** Each service account with the folders of the bucket that it reads and writes, out of the grants of Terraform. */
export function accessTable(): string {
  const { resource } = JSON.parse(readFileSync(join(PROJECT, TERRAFORM), 'utf8')) as Terraform;
  const members = Object.values(resource.google_storage_bucket_iam_member);
  const accounts = [...new Set(members.flatMap(({ for_each: folders }) => Object.keys(folders)))];
  return table(['service account', 'reads', 'writes'], accounts.map((account) => {
    const foldersOf = (role: string) => members.filter(({ role: given }) => given === role)
      .flatMap(({ for_each: folders }) => folders[account] ?? []).map(code).join(', ');
    return [code(account.split('/').at(-1)!), foldersOf(READS), foldersOf(WRITES)];
  }));
}
