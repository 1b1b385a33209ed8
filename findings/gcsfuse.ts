import { BucketServer } from '../test/rig/bucket';
import { install } from '../test/rig/cluster/install';
import { Part } from '../test/rig/cluster/parts';
import { GcsFuseMount, whyNoMounts } from '../test/rig/fuse/gcs-fuse-mount';

/** The module and version of `test/rig/cluster/gcsfuse/go.mod`; the CSI driver of GKE ships it. */
export const VERSION = 'github.com/googlecloudplatform/gcsfuse/v3 v3.11.2';

export type Mounting = (mountOptions: string) => Promise<GcsFuseMount>;

/**
 * Shows what gcsfuse does on valid input: mounts a bucket in a temporary folder, without anything of this library, and compares what is
 * seen with what was seen. Another outcome ends the program with 1, no /dev/fuse with 77.
 */
export async function finding(
  behaviour: string, seen: readonly string[], look: (bucket: BucketServer, mount: Mounting) => Promise<string[]>,
): Promise<void> {
  console.log(`${VERSION}\n${behaviour}`);
  const reason = whyNoMounts();
  if (reason !== undefined) {
    console.log(`not run: ${reason}`);
    process.exitCode = 77;
    return;
  }
  install(() => undefined, [Part.GCSFUSE]);
  const bucket = await BucketServer.start('vllm-models');
  const mounts: GcsFuseMount[] = [];
  try {
    const now = await look(bucket, async (mountOptions) => {
      mounts.push(await GcsFuseMount.start({ bucket, mountOptions }));
      return mounts.at(-1)!;
    });
    now.forEach(line => console.log(`  ${line}`));
    if (JSON.stringify(now) !== JSON.stringify(seen)) {
      console.log(`changed; it was\n  ${seen.join('\n  ')}`);
      process.exitCode = 1;
    }
  } finally {
    bucket.fault = undefined;
    await Promise.all(mounts.map(mount => mount.stop()));
    await bucket.stop();
  }
}

/** How many requests have read an object so far, and how many bytes they asked for. */
export function readsOf(bucket: BucketServer, name: string): { readonly requests: number; readonly mib: number } {
  const ranges = bucket.seen.filter(({ method, path }) => method === 'GET' && path.startsWith(`/vllm-models/${name}`)).map(({ headers }) => headers.range);
  const length = bucket.objects.get(name)!.content.length;
  const bytes = ranges.reduce((sum, range) => {
    const [, start, end] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? ['', '0', ''];
    return sum + Math.min(length, end === '' ? length : Number(end) + 1) - Number(start);
  }, 0);
  return { requests: ranges.length, mib: Math.round(bytes / 2 ** 20) };
}
