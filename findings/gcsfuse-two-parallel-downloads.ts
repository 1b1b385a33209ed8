import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finding, readsOf } from './gcsfuse';

const CACHE = 'implicit-dirs,file-cache:max-size-mb:-1,file-cache:enable-parallel-downloads:true';

void finding(
  'parallel downloads fetch a file of 256 MiB by 2 requests, although parallel-downloads-per-file is 16: a chunk has 200 MiB',
  ['by default: 2 requests', 'with download-chunk-size-mb 25: 11 requests'],
  async (bucket, mount) => {
    bucket.put('model', Buffer.alloc(256 * 2 ** 20));
    const requests = async (mountOptions: string): Promise<number> => {
      const before = readsOf(bucket, 'model').requests;
      await readFile(join((await mount(mountOptions)).path, 'model'));
      return readsOf(bucket, 'model').requests - before;
    };
    return [
      `by default: ${await requests(CACHE)} requests`,
      `with download-chunk-size-mb 25: ${await requests(`${CACHE},file-cache:download-chunk-size-mb:25`)} requests`,
    ];
  },
);
