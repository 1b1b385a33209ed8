import { ControlPlane } from '../rig/control-plane';

/** The lines of `kubectl apply` that do not end in that word. */
export function linesWithout(word: string, stdout: string): string[] {
  return stdout.trim().split('\n').filter(line => !line.endsWith(` ${word}`));
}

/**
 * What an apply changes or is warned of: nothing, when the same was applied before.
 *
 * kubectl calls a budget "configured" on every apply, because its type asks to replace the selector as a whole
 * (patchStrategy in k8s.io/api policy/v1); the server keeps its generation when nothing has changed.
 */
export async function changesOf(plane: ControlPlane, source: string[], stdin?: string): Promise<string[]> {
  const { stdout, stderr } = await plane.kubectl(['apply', '--validate=strict', ...source], stdin);
  const changed = await Promise.all(linesWithout('unchanged', stdout).map(async (line) => {
    const budget = /^poddisruptionbudget\.policy\/(\S+) configured$/.exec(line)?.[1];
    const same = budget && (await plane.api.list('/apis/policy/v1/poddisruptionbudgets'))
      .every(({ metadata }) => metadata.name !== budget || metadata.generation === 1);
    return same ? [] : [line];
  }));
  return [...changed.flat(), ...stderr.split('\n').filter(line => line !== '')];
}
