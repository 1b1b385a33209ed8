import { GcsBackend, LocalBackend, TerraformStack } from 'cdktf';
import { refusing } from '../common/refusal';
import { requireBucketName } from './checks';

/** Beside the JSON: nothing absolute, nothing of the machine. */
const LOCAL_PATH = 'terraform.tfstate';

/** Has Terraform keep its state in a bucket when one is named, else in a file beside the JSON. */
export function keepState(stack: TerraformStack, bucket: string | undefined): void {
  if (bucket === undefined) {
    new LocalBackend(stack, { path: LOCAL_PATH });
  } else {
    const name = refusing(stack, () => requireBucketName('stateBucket', bucket));
    new GcsBackend(stack, { bucket: name, prefix: `cdk8s-vllm/${stack.node.id}` });
  }
}
