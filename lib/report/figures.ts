const MINUTE = 60;
const LONGEST_IN_SECONDS = 120;

/** A whole number as a person reads it, the same under every locale: `12,345`. */
export function grouped(value: number): string {
  return Number.isFinite(value) ? String(Math.round(value)).replace(/\B(?=(?:\d{3})+$)/g, ',') : 'no end of';
}

/** A duration as a person reads it: `40 ms`, `1.2 s`, `82 s`, `10 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) {
    return 'never';
  }
  if (seconds < 0.9995) {
    return `${(1000 * seconds).toFixed(seconds < 0.00995 ? 1 : 0)} ms`;
  }
  return seconds < LONGEST_IN_SECONDS ? `${seconds.toFixed(seconds < 9.95 ? 1 : 0).replace(/\.0$/, '')} s` : `${Math.ceil(seconds / MINUTE)} min`;
}

export function usd(price: number): string {
  return `$${price < 100 ? price.toFixed(2) : grouped(price)}`;
}

/** Where a share of a length of so many units ends. */
export function scaled(value: number, most: number, length: number): number {
  return most > 0 ? Math.round(Math.min(1, Math.max(0, value / most)) * length) : 0;
}
