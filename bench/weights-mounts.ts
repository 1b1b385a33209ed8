import { mountsOfDist } from '../test/fuse/mounts-of-dist';

const FOLDER = 'only-dir=weights';
const METADATA = 'metadata-cache:ttl-secs:-1,metadata-cache:stat-cache-max-size-mb:-1,metadata-cache:negative-ttl-secs:0';

/** The mount of a server of `dist`, of other weights. */
const OURS = mountsOfDist().find(({ readOnly }) => readOnly)!.mountOptions.replace(/only-dir=[^,]+/, FOLDER);

/** Our options with one of them changed, or left out. */
function but(option: RegExp, instead = ''): string {
  const options = OURS.split(',');
  if (!options.some(given => option.test(given))) {
    throw new Error(`there is no ${option} in ${OURS}`);
  }
  return options.map(given => option.test(given) ? instead : given).filter(given => given !== '').join(',');
}

/** What is compared: mount options by what they are called in the table. */
export const MOUNTS = {
  ours: OURS,
  'the build before': `implicit-dirs,${FOLDER},${METADATA},metadata-cache:type-cache-max-size-mb:-1,file-cache:max-size-mb:18509,`
    + 'file-cache:cache-file-for-range-read:true,file-cache:enable-parallel-downloads:true,file-system:kernel-list-cache-ttl-secs:-1,'
    + 'read_ahead_kb=1024',
  'gcsfuse\'s defaults': `implicit-dirs,${FOLDER}`,
  'profile aiml-serving': `profile:aiml-serving,${FOLDER}`,
  'buffered read': `implicit-dirs,${FOLDER},${METADATA},read:enable-buffered-read:true`,
  'kernel reader': `implicit-dirs,${FOLDER},${METADATA},file-system:enable-kernel-reader:true,read_ahead_kb=131072`,
  'ours, chunk of 16 MiB': but(/download-chunk-size-mb/, 'file-cache:download-chunk-size-mb:16'),
  'ours, chunk of 50 MiB': but(/download-chunk-size-mb/, 'file-cache:download-chunk-size-mb:50'),
  'ours, no parallel downloads': but(/enable-parallel-downloads/, 'file-cache:enable-parallel-downloads:false'),
  'ours, the kernel\'s read ahead': but(/read_ahead_kb/),
  'ours, no file for a range': but(/cache-file-for-range-read/),
} as const;
