import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { finding } from './gcsfuse';

void finding(
  'fsync of a new file returns without an error, and the bucket has nothing: a program that is killed before close loses what it had synced',
  ['fsync: no error', 'objects in the bucket after fsync: 0', 'objects after gcsfuse was killed: 0'],
  async (bucket, mount) => {
    const mounted = await mount('implicit-dirs');
    const file = await open(join(mounted.path, 'records'), 'w');
    await file.write('a line\n');
    const synced = await file.sync().then(() => 'no error', (error: Error) => error.message);
    const after = bucket.objects.size;
    await mounted.kill();
    await file.close().catch(() => undefined);
    return [`fsync: ${synced}`, `objects in the bucket after fsync: ${after}`, `objects after gcsfuse was killed: ${bucket.objects.size}`];
  },
);
