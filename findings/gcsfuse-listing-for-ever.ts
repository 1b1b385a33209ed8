import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finding } from './gcsfuse';

void finding(
  'with the profile aiml-serving a folder that was listed before it was complete is listed so for the life of the mount, while what came'
  + ' later can be opened by its name',
  ['first listing: model-0', 'listing after model-1 came: model-0', 'model-1 by its name: there', 'listing without the profile: model-0, model-1'],
  async (bucket, mount) => {
    bucket.put('weights/model-0', 'there');
    const [served, plain] = [await mount('profile:aiml-serving,only-dir=weights'), await mount('implicit-dirs,only-dir=weights')];
    const listed = async (path: string): Promise<string> => (await readdir(path)).sort().join(', ');
    const first = await listed(served.path);
    await listed(plain.path);
    bucket.put('weights/model-1', 'there');
    return [
      `first listing: ${first}`, `listing after model-1 came: ${await listed(served.path)}`,
      `model-1 by its name: ${await readFile(join(served.path, 'model-1'), 'utf8')}`, `listing without the profile: ${await listed(plain.path)}`,
    ];
  },
);
