import { BucketPolicy, Permission } from '../gke/bucket-policy';
import { BucketServer } from './bucket';
import { SeenRequest } from './faulty-server';

/** Object, what is done with it, and the object that it becomes. */
const OBJECT = new RegExp('^(?:/download)?/storage/v1/b/[^/]+/o(?:/([^/]+)(?:/(compose|rewriteTo|moveTo)(?:/b/[^/]+)?(?:/o/([^/]+))?)?)?$');

type Asked = readonly [Permission, string];

/**
 * Lets a bucket answer as IAM would: what the account may not do by the policy is 403.
 *
 * @param as name of the bucket in the policy
 * @returns what was forbidden since, as `permission path`
 */
export function guard(bucket: BucketServer, policy: BucketPolicy, account: string, as = bucket.bucket): string[] {
  const forbidden: string[] = [];
  bucket.fault = (request) => {
    const denied = askedFor(bucket, request).filter(([permission, path]) => !policy.may(account, permission, as, path));
    forbidden.push(...denied.map(asked => asked.join(' ')));
    return denied.length > 0 ? { status: 403 } : undefined;
  };
  return forbidden;
}

/** https://cloud.google.com/storage/docs/access-control/iam-json; who replaces an object has to be allowed to delete it. */
function askedFor(bucket: BucketServer, { method, path, body, headers }: SeenRequest): Asked[] {
  const { pathname, searchParams } = new URL(path, 'http://bucket');
  const written = (name: string): Asked[] => [['storage.objects.create', name], ...bucket.objects.has(name) ? [['storage.objects.delete', name] as const] : []];
  if (pathname.startsWith('/upload/') || pathname.startsWith('/resumable/')) {
    // The session was opened by who may
    return searchParams.has('upload_id') ? [] : written(searchParams.get('name') ?? nameIn(body, `${headers['content-type']}`));
  }
  const [, encoded, action, target] = OBJECT.exec(pathname) ?? [];
  if (encoded === undefined) {
    const read = pathname.startsWith(`/${bucket.bucket}/`) ? decodeURIComponent(pathname.slice(bucket.bucket.length + 2)) : undefined;
    return read === undefined ? [['storage.objects.list', '']] : [['storage.objects.get', read]];
  }
  const name = decodeURIComponent(encoded);
  if (action === 'compose') {
    const { sourceObjects } = JSON.parse(body.toString()) as { sourceObjects: { name: string }[] };
    return [...sourceObjects.map((source): Asked => ['storage.objects.get', source.name]), ...written(name)];
  }
  if (target !== undefined) {
    return [['storage.objects.get', name], ...(action === 'moveTo' ? [['storage.objects.delete', name] as const] : []), ...written(decodeURIComponent(target))];
  }
  const permissions = { GET: 'storage.objects.get', DELETE: 'storage.objects.delete', PATCH: 'storage.objects.update' } as const;
  return [[permissions[method as keyof typeof permissions], name]];
}

/** The name in the metadata, which come first in what is sent. */
function nameIn(body: Buffer, type: string): string {
  const text = type.startsWith('multipart/') ? /\{.*?\}\r?\n--/s.exec(body.toString())![0].replace(/\r?\n--$/, '') : body.toString();
  return (JSON.parse(text) as { name: string }).name;
}
