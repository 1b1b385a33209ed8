import { ControlPlane } from '../rig/control-plane';
import { Workload } from './cells';
import { PODS } from './servers';

/** What the API server says of a pod made from a workload's template, without keeping it: a template itself is only warned of. */
export async function admitBare(
  plane: ControlPlane, { name, template: { metadata, spec } }: Workload, change: object = {},
): Promise<{ readonly name: string; readonly status: number; readonly warnings: readonly string[]; readonly message?: string }> {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name }, spec: { ...spec, ...change } };
  const { status, warnings, body } = await plane.api.ask<{ message?: string }>('POST', `${PODS}?dryRun=All&fieldValidation=Strict`, pod);
  return { name, status, warnings, message: body.message };
}
