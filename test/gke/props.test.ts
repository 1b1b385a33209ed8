import { TerraformStack } from 'cdktf';
import * as api from '../../lib/gke';
import { constructsOf, NO_SUCH_PROP } from '../common/constructs-of';
import { refusalOf } from '../refusal-of';
import { temporaryApp } from './app';

test.each(constructsOf(api))('%s refuses a prop that it does not have', (_, type) => {
  const stack = new TerraformStack(temporaryApp(), 'stack');
  expect(refusalOf(() => new type(stack, 'it', { nonsense: 1 }))).toMatch(NO_SUCH_PROP);
});
