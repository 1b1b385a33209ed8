import { appendFile, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BucketPolicy } from '../gke/bucket-policy';
import { Block } from '../gke/synthesized';
import { committedWorlds, resources } from '../gke/worlds';
import { BucketServer } from '../rig/bucket';
import { eventually } from '../rig/eventually';
import { GcsFuseMount, GcsFuseMountOptions, whyNoMounts } from '../rig/fuse/gcs-fuse-mount';
import { guard } from '../rig/guarded-bucket';
import { mountsOfDist } from './mounts-of-dist';
import { ServedWeights, weightsCheck } from './served-weights';

const reason = whyNoMounts();
const withMounts = reason === undefined ? describe : describe.skip;

const mounts = mountsOfDist();
const ofServer = mounts.find(({ readOnly, file }) => readOnly && file.includes('/server/'))!;
const ofBatch = mounts.find(({ readOnly, file }) => !readOnly && file.endsWith('-batch.yaml'))!;
const WORLDS = committedWorlds();
const policy = new BucketPolicy(WORLDS);

let bucket: BucketServer;
let mounted: GcsFuseMount[];

beforeEach(async () => {
  mounted = [];
  bucket = await BucketServer.start('vllm-models');
});

afterEach(async () => {
  bucket.fault = undefined;
  // first these: gcsfuse asks a bucket that is gone for ever
  await Promise.all(mounted.map(mount => mount.stop()));
  await bucket.stop();
});

async function mount(options: Omit<GcsFuseMountOptions, 'bucket'>): Promise<GcsFuseMount> {
  const made = await GcsFuseMount.start({ bucket, ...options });
  mounted.push(made);
  return made;
}

withMounts(`the real gcsfuse${reason === undefined ? '' : `: skipped, ${reason}`}`, () => {
  test.each(mounts.map(given => [`${given.file} ${given.folder}`, given] as const))(
    '%s: every option is taken without a warning, and files are there with what the account may do',
    async (_, { mountOptions, readOnly, folder, account }) => {
      bucket.put(`${folder}/config.json`, '{}');
      bucket.put(`${folder}-2/config.json`, '{}');
      const forbidden = guard(bucket, policy, account);
      const { path, complaints } = await mount({ mountOptions, readOnly });
      expect(await readdir(path)).toEqual(['config.json']);
      expect(await readFile(join(path, 'config.json'), 'utf8')).toBe('{}');
      expect(complaints).toEqual([]);
      const written = writeFile(join(path, 'written'), 'x');
      await (readOnly ? expect(written).rejects.toThrow('EROFS') : written);
      expect(bucket.objects.has(`${folder}/written`)).toBe(!readOnly);
      expect(forbidden).toEqual([]);
    });

  test('an account that may not is forbidden: to read another model, and to write at all', async () => {
    bucket.put('other/model/config.json', '{}');
    bucket.put(`${ofServer.folder}/config.json`, '{}');
    const forbidden = guard(bucket, policy, ofServer.account);
    const other = await mount({ mountOptions: ofServer.mountOptions.replace(ofServer.folder, 'other/model') });
    await expect(readFile(join(other.path, 'config.json'))).rejects.toThrow(/EACCES|EIO/);
    const own = await mount({ mountOptions: ofServer.mountOptions });
    await expect(writeFile(join(own.path, 'config.json'), '[]')).rejects.toThrow(/EACCES|EIO/);
    expect(new Set(forbidden.map(line => line.split(' ')[0]))).toEqual(new Set(['storage.objects.get', 'storage.objects.create', 'storage.objects.delete']));
  });

  test('a batch does all that its journal does with what its account may do', async () => {
    const forbidden = guard(bucket, policy, ofBatch.account);
    const { path } = await mount({ mountOptions: ofBatch.mountOptions });
    await writeFile(join(path, 'manifest.new'), '{}');
    await rename(join(path, 'manifest.new'), join(path, 'manifest'));
    await writeFile(join(path, 'records'), Buffer.alloc(3 << 20, 'x'));
    await appendFile(join(path, 'records'), 'end');
    await mkdir(join(path, 'below'));
    await writeFile(join(path, 'below/file'), 'x');
    await rm(join(path, 'below'), { recursive: true });
    await eventually('all of it is in the bucket', async () => bucket.objects.get(`${ofBatch.folder}/records`)?.content.subarray(-3).toString() === 'end', 60);
    expect([...bucket.objects.keys()].filter(name => !name.includes('.gcsfuse_tmp')).sort()).toEqual(['manifest', 'records'].map(name => `${ofBatch.folder}/${name}`));
    expect(forbidden).toEqual([]);
  });

  test.each(['metadata-cache:type-cache-max-size-mb:-1', 'metadata-cache:stat-cache-size:1'])('an option that is none, or no more, is seen: %s',
    async (option) => {
      const started = mount({ mountOptions: `${ofServer.mountOptions},${option}`, readOnly: true });
      const heard = started.then(({ complaints }) => complaints.join('\n'), (error: Error) => error.message);
      expect(await heard).toMatch(/type-cache-max-size-mb.*(deprecated|ignored)|stat-cache-size/s);
    });

  test.each([['the mount of dist', '', 0], ['a listing that the kernel keeps', ',file-system:kernel-list-cache-ttl-secs:-1', 65]])(
    'weights that are completed after the first look: %s', async (_, more, code) => {
      const weights = new ServedWeights(bucket, ofServer.folder, 3);
      weights.putFiles(weights.names.slice(0, 2));
      const { path } = await mount({ mountOptions: ofServer.mountOptions + more, readOnly: true });
      expect(await weightsCheck(path)).toMatchObject({ code: 65, printed: expect.stringContaining('there is no marker') });
      weights.putFiles(weights.names.slice(2));
      weights.complete();
      expect(await weightsCheck(path)).toMatchObject({ code });
    });

  test.each([false, true])('weights of 200 files are checked with few requests, and read (hierarchical: %s)', async (hierarchical) => {
    await bucket.stop();
    bucket = await BucketServer.start('vllm-models', { hierarchical });
    const weights = new ServedWeights(bucket, ofServer.folder, 200);
    weights.putFiles();
    weights.complete();
    const { path } = await mount({ mountOptions: ofServer.mountOptions, readOnly: true });
    const before = bucket.seen.length;
    expect(await weightsCheck(path)).toMatchObject({ code: 0 });
    expect(bucket.seen.length - before).toBeLessThanOrEqual(10);
    expect(await readFile(join(path, weights.names[199]))).toEqual(weights.content);
  });

  test('a folder that looks like a number is that folder', async () => {
    bucket.put('007/right', '');
    bucket.put('7/wrong', '');
    expect(await readdir((await mount({ mountOptions: 'implicit-dirs,only-dir=007' })).path)).toEqual(['right']);
    expect(await readdir((await mount({ mountOptions: 'implicit-dirs,only-dir:007' })).path)).toEqual(['wrong']);
  });

  test('a bucket that forbids is an error at once, and one that is busy is asked again', async () => {
    bucket.put(`${ofBatch.folder}/a`, 'answer');
    const { path } = await mount({ mountOptions: ofBatch.mountOptions });
    bucket.fault = ({ path: asked }) => asked.startsWith('/vllm-models/') ? { status: 403 } : undefined;
    await expect(readFile(join(path, 'a'))).rejects.toThrow(/EACCES|EIO/);
    let busy = 3;
    bucket.fault = ({ path: asked }) => asked.startsWith('/vllm-models/') && busy-- > 0 ? { status: 503 } : undefined;
    expect(await readFile(join(path, 'a'), 'utf8')).toBe('answer');
    expect(busy).toBeLessThan(0);
  });

  test('what is appended and synced is in the bucket, also when gcsfuse is killed', async () => {
    bucket.put(`${ofBatch.folder}/records`, 'one\n');
    const batch = await mount({ mountOptions: ofBatch.mountOptions });
    const file = await open(join(batch.path, 'records'), 'a');
    await appendFile(file, 'two\n');
    await file.sync();
    await batch.kill();
    expect(bucket.objects.get(`${ofBatch.folder}/records`)!.content.toString()).toBe('one\ntwo\n');
    await expect(readFile(join(batch.path, 'records'))).rejects.toThrow('ENOTCONN');
    await file.close().catch(() => undefined);
  });

  test('an append to what is large goes through a temporary object where the life cycle of the bucket clears', async () => {
    bucket.put(`${ofBatch.folder}/records`, Buffer.alloc(3 << 20, 'x'));
    const temporary: string[] = [];
    bucket.onUpload = name => temporary.push(name);
    const { path } = await mount({ mountOptions: ofBatch.mountOptions });
    await appendFile(join(path, 'records'), 'end');
    await eventually('the end is in the bucket', async () => bucket.objects.get(`${ofBatch.folder}/records`)!.content.subarray(-3).toString() === 'end', 60);
    const rules = resources(WORLDS, 'google_storage_bucket').flatMap(({ lifecycle_rule: all }) => all as Block[]);
    const cleared = rules.flatMap(({ action, condition }) => action.type === 'Delete' ? condition.matches_prefix as string[] : []);
    expect(temporary[0]).toMatch(/\/\.gcsfuse_tmp\//);
    expect(cleared.filter(prefix => temporary[0].startsWith(prefix))).toEqual([`${ofBatch.folder}/.gcsfuse_tmp/`]);
  });
});
