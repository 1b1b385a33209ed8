import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { Refusal } from '../common/refusal';

/** The namespace that a construct's objects get. */
export function namespaceOf(construct: Construct): string {
  return Chart.of(construct).namespace ?? 'default';
}

/**
 * Refuses another namespace than the one of the server that something belongs to.
 *
 * @throws when what belongs to a server is made where it never finds the server's pods
 */
export function requireNamespace(construct: Construct, namespace: string): void {
  if (namespaceOf(construct) !== namespace) {
    throw new Refusal(`'${construct.node.path}' is in namespace ${namespaceOf(construct)}, its server in ${namespace}; make both in one namespace`);
  }
}
