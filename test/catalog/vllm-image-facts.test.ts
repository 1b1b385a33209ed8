import { Accelerator, VllmRelease } from '../../lib/catalog';

test('every accelerator of the catalogue has kernels in every image', () => {
  const lacking = VllmRelease.all().flatMap(({ version, imageFacts: { computeCapabilities } }) =>
    Accelerator.all().filter(({ computeCapability }) => !computeCapabilities.includes(computeCapability)).map(({ id }) => `${id} in ${version}`));
  expect(lacking).toEqual([]);
});
