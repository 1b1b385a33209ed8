import { UpgradeRun, upgradeRun } from '../common/upgrade-run';
import { VllmRelease } from './vllm-release';

/**
 * A release as a command line names it: a version, one with the digest of its image behind `@`, or the file of a registry.
 *
 * @throws on what names no release
 */
export function releaseNamed(text: string): VllmRelease {
  return text.endsWith('.json') ? VllmRelease.fromRegistry(text) : VllmRelease.of(text);
}

/**
 * The release of a server of that name: the one it was given, unless the app is only looked at. Then those of the older release, and those
 * that leave it to the library, take what the run says; a server that is upgraded already stays as it is.
 */
export function servedRelease(given: VllmRelease | undefined, name: string, run = upgradeRun()): VllmRelease {
  if (run === undefined || !isUpgraded(given, run)) {
    return given ?? VllmRelease.DEFAULT;
  }
  return run.takes === 'to' && !run.stay.includes(name) ? releaseNamed(run.to) : given ?? releaseNamed(run.from);
}

/** Whether a server with that release is one that the run takes to the newer one. */
export function isUpgraded(given: VllmRelease | undefined, { from }: UpgradeRun): boolean {
  return given === undefined || given.version === releaseNamed(from).version;
}
