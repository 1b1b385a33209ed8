import { DnsName } from './dns-name';
import { Refusal } from './refusal';

/**
 * @throws on what no bucket can be called
 * @see https://cloud.google.com/storage/docs/buckets#naming
 */
export function requireBucketName(bucket: string, what = '\'bucket\''): string {
  if (!/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/.test(bucket) || /^goog|google|\.\./.test(bucket)) {
    throw new Refusal(`${what} (${bucket}) is no bucket name: 3 to 63 lower case letters, digits, '-', '_' and '.', without gs:// and`
      + ' without \'google\'');
  }
  return bucket;
}

/**
 * @throws on a name that cannot be that of a workload and, with what Kubernetes adds to it, of its pods
 */
export function requireWorkloadName(name: string, longest: number): string {
  if (!/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(name) || name.length > longest) {
    throw new Refusal(`'name' (${name}) is no DNS label of at most ${longest} characters: lower case letters, digits and '-',`
      + ' starting with a letter');
  }
  return name;
}

/** What could be a name, and is what keys look like: `sk-…`, or what `openssl rand -hex` prints. */
const KEY = /^sk-[a-z0-9-]{16,}$|^[0-9a-f]{32,}$/;

/**
 * The name of a Secret that exists in the cluster. The value got is not repeated: it may be the secret itself, passed by mistake.
 *
 * @param make the command that makes such a Secret
 * @throws on what no Secret can be called, and on what looks like a key
 */
export function requireSecretName(prop: string, name: string, make: string): string {
  if (typeof name !== 'string' || !DnsName.SUBDOMAIN.accepts(name) || KEY.test(name)) {
    throw new Refusal(`'${prop}' is no name of a Secret: lower case letters, digits, '-' and '.'. It is the name of a Secret, not what is`
      + ` in it; make one with ${make}`);
  }
  return name;
}

/**
 * The name of a service account that exists in the namespace. The value got is not repeated, as that of a Secret is not.
 *
 * @throws on what no service account can be called, and on the one that every pod has that names none
 */
export function requireServiceAccountName(prop: string, name: string): string {
  if (!DnsName.SUBDOMAIN.accepts(name)) {
    throw new Refusal(`'${prop}' is no name of a service account: lower case letters, digits, '-' and '.'`);
  }
  if (name === 'default') {
    throw new Refusal(`'${prop}' (${name}) is the account of every pod that names none, which would all get what this one needs; use another one`);
  }
  return name;
}

/** Whether it is a commit of a Hugging Face repository: 40 hexadecimal digits. */
export function isCommit(revision: unknown): revision is string {
  return typeof revision === 'string' && /^[0-9a-f]{40}$/.test(revision);
}
