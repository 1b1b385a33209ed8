import { driverOptions } from '../rig/fuse/driver-options';
import { mountsOfDist } from './mounts-of-dist';

test.each([
  ['only-dir:007', { config: { 'only-dir': 7 }, flags: [] }],
  ['only-dir:true', { config: { 'only-dir': true }, flags: [] }],
  ['only-dir:my-https-logs', { config: {}, flags: ['--only-dir:my-https-logs'] }],
  ['only-dir=007', { config: {}, flags: ['--only-dir=007'] }],
  ['ro,implicit-dirs,implicit-dirs,read_ahead_kb=1024', { config: {}, flags: ['--implicit-dirs'], readAheadKib: 1024 }],
  ['file-cache:max-size-mb:-1,file-cache:a:b', { config: { 'file-cache': { 'max-size-mb': -1, a: 'b' } }, flags: [] }],
])('the driver\'s rules: %s', (mountOptions, options) => {
  expect(driverOptions(mountOptions)).toMatchObject(options);
});

test('no mount of dist names its folder in the form that becomes another one', () => {
  const options = mountsOfDist().flatMap(({ mountOptions }) => mountOptions.split(','));
  expect(options.filter(option => /^only-dir/.test(option) && !/^only-dir=[^,\s]+$/.test(option))).toEqual([]);
  expect(options.filter(option => /type-cache|kernel-list-cache/.test(option))).toEqual([]);
});
