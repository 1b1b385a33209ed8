import { Model } from '../catalog';
import { shortRevisionOf } from './model-directory';

/** Of a Job: it becomes a label of its pods. */
const LONGEST_JOB_NAME = 63;

/** Names of what belongs to the disk of one server; shared with no other, whose disk is in other zones or of another class. */
export interface DiskNames {
  /** Of the claim that the server reads. Another revision is another claim: what a claim is made from cannot be changed. */
  readonly claim: string;
  /** Of the snapshot that the claim is made from. */
  readonly snapshot: string;
  /** Of the claim whose disk is filled and snapshotted. */
  readonly hydrationClaim: string;
  readonly hydrationJob: string;
}

export function diskNames(serverName: string, model: Model): DiskNames {
  const revision = shortRevisionOf(model);
  const claim = `${serverName}-${revision}`;
  return {
    claim, snapshot: claim, hydrationClaim: `${claim}-hydration`, hydrationJob: shortened(serverName, `-hydration-${revision}`, LONGEST_JOB_NAME),
  };
}

/** A name that is cut keeps a checksum of the whole, so that two long names stay two. */
function shortened(name: string, suffix: string, longest: number): string {
  if (name.length + suffix.length <= longest) {
    return name + suffix;
  }
  const checksum = fnv1a(name);
  return `${name.slice(0, longest - suffix.length - checksum.length - 1).replace(/-+$/, '')}-${checksum}${suffix}`;
}

/** http://www.isthe.com/chongo/tech/comp/fnv/ */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, '0');
}
