/** Hundredths of a natural logarithm: a bin is one percent wide. */
const BINS_PER_E = 100;
const SHORTEST_SECONDS = 1e-6;

/** Durations with weights, of which percentiles are asked; each is kept to one percent. */
export class Durations {
  /** Weights by bin: there are few, and they lie far from 0. */
  private readonly bins = new Map<number, number>();
  private weight = 0;

  add(seconds: number, weight = 1): void {
    const bin = Math.max(0, Math.round(Math.log(seconds / SHORTEST_SECONDS) * BINS_PER_E));
    this.bins.set(bin, (this.bins.get(bin) ?? 0) + weight);
    this.weight += weight;
  }

  get isEmpty(): boolean {
    return this.weight === 0;
  }

  /** The duration that such a share, from 0 to 1, does not exceed; 0 when there is none. */
  percentile(share: number): number {
    let left = share * this.weight;
    let last = 0;
    for (const [bin, weight] of [...this.bins].sort(([one], [other]) => one - other)) {
      last = bin;
      left -= weight;
      if (left <= 0) {
        break;
      }
    }
    return this.isEmpty ? 0 : SHORTEST_SECONDS * Math.exp(last / BINS_PER_E);
  }
}
