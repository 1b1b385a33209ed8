import { committedReleases } from '../../scripts/vllm-registry/dump';
import { DEFAULT_RELEASE } from '../rig/vllm';

/** The others cost a download each: ALL_RELEASES=1 when a registry, a requirements file or the script changed. */
export const RELEASES = process.env.ALL_RELEASES === '1' ? committedReleases() : [DEFAULT_RELEASE];
