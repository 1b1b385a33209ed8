/** Below 0 when the first version, for example `0.28.0`, is the older one, above 0 when it is the newer one, 0 when they are the same. */
export function compareVersions(one: string, other: string): number {
  const parts = [one, other].map(version => version.split('.').map(Number));
  const difference = parts[0].findIndex((part, index) => part !== parts[1][index]);
  return difference === -1 ? 0 : parts[0][difference] - (parts[1][difference] ?? 0);
}
