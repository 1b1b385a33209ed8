/** Hundredths of a natural logarithm: a bin is one percent wide. */
const BINS_PER_E = 100;
const SHORTEST_SECONDS = 1e-6;

/** Durations with weights, of which percentiles are asked; each is kept to one percent. */
export class Durations {
  private readonly bins: number[] = [];
  private firstBin = Number.POSITIVE_INFINITY;
  private weight = 0;

  add(seconds: number, weight = 1): void {
    const bin = Math.max(0, Math.round(Math.log(seconds / SHORTEST_SECONDS) * BINS_PER_E));
    this.bins[bin] = (this.bins[bin] ?? 0) + weight;
    this.firstBin = Math.min(this.firstBin, bin);
    this.weight += weight;
  }

  get isEmpty(): boolean {
    return this.weight === 0;
  }

  /** The duration that such a share, from 0 to 1, does not exceed; 0 when there is none. */
  percentile(share: number): number {
    let left = share * this.weight;
    let last = 0;
    for (let bin = this.firstBin; bin < this.bins.length; bin++) {
      const weight = this.bins[bin];
      if (weight === undefined) {
        continue;
      }
      last = bin;
      left -= weight;
      if (left <= 0) {
        break;
      }
    }
    return this.isEmpty ? 0 : SHORTEST_SECONDS * Math.exp(last / BINS_PER_E);
  }
}
