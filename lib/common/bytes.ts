export const MIB = 2 ** 20;
export const GIB = 2 ** 30;

/** Bytes as a person reads them, in GiB with one or two digits: `65.9 GiB`. */
export function gib(bytes: number, digits = 1): string {
  return `${(bytes / GIB).toFixed(digits)} GiB`;
}
