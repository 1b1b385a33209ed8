import { homedir } from 'node:os';
import { join } from 'node:path';

/** Built and downloaded parts live outside the checkout, so that a clean clone reuses them. */
export function cacheDirectory(...names: string[]): string {
  return join(process.env.CDK8S_VLLM_CACHE || join(homedir(), '.cache', 'cdk8s-vllm'), ...names);
}
