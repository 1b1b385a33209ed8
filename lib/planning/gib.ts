export const GIB = 2 ** 30;

/** Bytes for people: one decimal, `65.7 GiB`. */
export function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
