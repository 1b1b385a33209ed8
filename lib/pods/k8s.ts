import * as k8s from 'cdk8s-plus-28/lib/imports/k8s';

/** The L1 classes alone: the index of their package loads thirty more modules, of L2 constructs that nothing here uses. */
export { k8s };
