import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { finding, readsOf } from './gcsfuse';

void finding(
  'each line that is appended and synced reads the whole file again, on a handle that stays open',
  ['3 lines on a file of 8 MiB: 24 MiB read'],
  async (bucket, mount) => {
    bucket.put('records', Buffer.alloc(8 * 2 ** 20, 'x'));
    const file = await open(join((await mount('implicit-dirs')).path, 'records'), 'a');
    for (let line = 0; line < 3; line++) {
      await file.write('a line\n');
      await file.sync();
    }
    await file.close();
    return [`3 lines on a file of 8 MiB: ${readsOf(bucket, 'records').mib} MiB read`];
  },
);
