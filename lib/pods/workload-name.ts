/**
 * @throws on a name that cannot be that of a workload and, with what Kubernetes adds to it, of its pods
 */
export function requireWorkloadName(name: string, longest: number): string {
  if (!/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(name) || name.length > longest) {
    throw new Error(`'name' (${name}) is no DNS label of at most ${longest} characters: lower case letters, digits and '-',`
      + ' starting with a letter');
  }
  return name;
}
