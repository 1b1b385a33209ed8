import { Refusal } from './refusal';

const REGION = /^[a-z]+-[a-z]+\d+$/;
const ZONE = /^([a-z]+-[a-z]+\d+)-[a-z]$/;

/**
 * A region of Google Cloud and its zones. How the two are spelled is written here only.
 *
 * @see https://cloud.google.com/compute/docs/regions-zones
 */
export class Region {
  /**
   * @param what the value's name, as a refusal says it
   * @throws on what is no region, such as a zone
   */
  static of(name: string, what = '\'region\''): Region {
    if (!REGION.test(name)) {
      throw new Refusal(`${what} (${name}) is no region; for example us-central1`);
    }
    return new Region(name);
  }

  /** @throws on what is no zone */
  static ofZone(zone: string): Region {
    return Region.of(zone.replace(/-[a-z]$/, ''));
  }

  /** Whether it is a zone, and not its region. */
  static isZone(name: string): boolean {
    return ZONE.test(name);
  }

  private constructor(readonly name: string) {}

  /** The zone to try where none is known to have a machine: of the 10 regions with A4 (catalog/gpu-zones.ts) 9 have it in their zone b. */
  get likelyZone(): string {
    return `${this.name}-b`;
  }

  has(zone: string): boolean {
    return ZONE.exec(zone)?.[1] === this.name;
  }

  /** The zones of this region that have a machine, as far as is known. */
  zonesOf({ zones }: { readonly zones: readonly string[] }): string[] {
    return zones.filter(zone => this.has(zone));
  }
}
