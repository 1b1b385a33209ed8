/**
 * @throws on what no bucket can be called
 * @see https://cloud.google.com/storage/docs/buckets#naming
 */
export function requireBucketName(bucket: string, what = '\'bucket\''): string {
  if (!/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/.test(bucket) || /^goog|google|\.\./.test(bucket)) {
    throw new Error(`${what} (${bucket}) is no bucket name: 3 to 63 lower case letters, digits, '-', '_' and '.', without gs:// and`
      + ' without \'google\'');
  }
  return bucket;
}
