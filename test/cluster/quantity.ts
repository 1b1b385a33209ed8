const UNITS: Record<string, number> = { '': 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

/** A Kubernetes quantity of bytes. */
export function parseBytes(quantity: string): number {
  const [, amount, unit] = /^(\d+)(|Ki|Mi|Gi|Ti)$/.exec(quantity) ?? [];
  if (amount === undefined) {
    throw new Error(`${JSON.stringify(quantity)} is no quantity of bytes`);
  }
  return Number(amount) * UNITS[unit];
}
