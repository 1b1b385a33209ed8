import { keepState } from '../../lib/gke';
import { synthesized } from './synthesized';

test('without a bucket the state lies beside the JSON, on whatever machine', () => {
  expect(synthesized(stack => keepState(stack, undefined)).json.terraform.backend).toEqual({ local: { path: 'terraform.tfstate' } });
});

test('with a bucket it lies there, under the name of the stack', () => {
  expect(synthesized(stack => keepState(stack, 'my-state')).json.terraform.backend).toEqual({ gcs: { bucket: 'my-state', prefix: 'cdk8s-vllm/test' } });
});
