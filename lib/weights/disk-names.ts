import { Model } from '../catalog';
import { shortened } from '../common/short-name';
import { shortRevisionOf } from './model-directory';

/** A Job's becomes a label of its pods. */
const LONGEST = 63;

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
    claim, snapshot: claim, hydrationClaim: shortened(serverName, `-${revision}-hydration`, LONGEST),
    hydrationJob: shortened(serverName, `-hydration-${revision}`, LONGEST),
  };
}
