import { resolve } from 'node:path';
import { Checkout, checkoutBefore, COMMIT_BEFORE } from './checkout';
import { comparePackage } from './package';
import { compareScale } from './scale';
import { compareStack, compareSynth } from './synth';

const root = resolve(__dirname, '..');
const now = new Checkout(root);
const before = checkoutBefore(root);
const commit = `commit ${COMMIT_BEFORE.slice(0, 7)}`;
console.log(before ? `before: ${commit}` : `this clone does not have ${commit}, so nothing is compared with it`);
compareSynth(now, before);
compareStack(now);
comparePackage(now, before);
compareScale(now, before);
