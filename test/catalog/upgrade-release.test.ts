import { VllmRelease } from '../../lib/catalog';
import { isUpgraded, releaseNamed, servedRelease } from '../../lib/catalog/upgrade-release';
import { UpgradeRun } from '../../lib/common/upgrade-run';

const { V0_28, V0_32, V0_33 } = VllmRelease;
const RUN: UpgradeRun = { folder: '/tmp/run', from: '0.28.0', to: '0.32.0', takes: 'to', stay: ['refused'] };

test('an app that is not looked at serves what it says, else the default', () => {
  expect(servedRelease(V0_28, 'server', undefined)).toBe(V0_28);
  expect(servedRelease(undefined, 'server', undefined)).toBe(VllmRelease.DEFAULT);
});

test('servers of the older release, and those that say none, are taken to the newer one', () => {
  expect([V0_28, undefined, V0_32, V0_33].map(given => servedRelease(given, 'server', RUN))).toEqual([V0_32, V0_32, V0_32, V0_33]);
  expect([V0_28, undefined, V0_32, V0_33].map(given => servedRelease(given, 'server', { ...RUN, takes: 'from' }))).toEqual([V0_28, V0_28, V0_32, V0_33]);
  expect([V0_28, undefined, V0_32, V0_33].map(given => isUpgraded(given, RUN))).toEqual([true, true, false, false]);
});

test('one that the newer release refuses stays, and keeps its digest', () => {
  const pinned = V0_28.withDigest(`sha256:${'a'.repeat(64)}`);
  expect(servedRelease(pinned, 'refused', RUN)).toBe(pinned);
  expect(servedRelease(undefined, 'refused', RUN)).toBe(V0_28);
});

test('a release is named by its version, with a digest behind it if there is one', () => {
  expect(releaseNamed('v0.28.0')).toBe(V0_28);
  expect(releaseNamed(`0.28.0@sha256:${'a'.repeat(64)}`).image).toBe(`docker.io/vllm/vllm-openai:v0.28.0@sha256:${'a'.repeat(64)}`);
  expect(() => releaseNamed('0.28.0@latest')).toThrow('is no image digest');
  expect(() => releaseNamed('vllm-1.2.3.json')).toThrow('there is no registry vllm-1.2.3.json');
});
