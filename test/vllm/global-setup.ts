import { DEFAULT_RELEASE } from '../rig/vllm';
import { install } from '../rig/vllm/install';

export default function setup(): void {
  install(DEFAULT_RELEASE);
}
