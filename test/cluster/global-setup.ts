import { install } from '../rig/cluster/install';

export default function setup(): void {
  install(line => process.stderr.write(`rig: ${line}\n`));
}
