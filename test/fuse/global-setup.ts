import { install } from '../rig/cluster/install';
import { Part } from '../rig/cluster/parts';
import { whyNoMounts } from '../rig/fuse/gcs-fuse-mount';

export default function setup(): void {
  if (whyNoMounts() === undefined) {
    install(line => process.stderr.write(`rig: ${line}\n`), [Part.GCSFUSE]);
  }
}
