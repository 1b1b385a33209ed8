import { spawnSync } from 'node:child_process';
import { install as installCluster } from '../rig/cluster/install';
import { Part } from '../rig/cluster/parts';
import { DEFAULT_RELEASE } from '../rig/vllm';
import { install as installVllm } from '../rig/vllm/install';

const PARTS = [Part.KUBERNETES_1_36, Part.ETCD, Part.KWOK, Part.CRDS];

export default function setup(): void {
  if (spawnSync('terraform', ['version'], { stdio: 'ignore' }).status !== 0) {
    throw new Error('terraform is not on PATH: https://developer.hashicorp.com/terraform/install');
  }
  installCluster(line => process.stderr.write(`rig: ${line}\n`), PARTS);
  installVllm(DEFAULT_RELEASE);
}
