import { Refusal } from './refusal';

/** A range of IPv4 addresses. */
export class Cidr {
  /**
   * Range of that text, whose prop is called `what`.
   *
   * @throws on what is no range, and on a range that the text does not start
   */
  static of(what: string, text: string): Cidr {
    const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
    const octets = match?.slice(1, 5).map(Number) ?? [];
    const prefix = Number(match?.[5]);
    if (!match || octets.some(octet => octet > 255) || prefix > 32) {
      throw new Refusal(`'${what}' (${text}) is no range of addresses; for example 10.0.0.0/20`);
    }
    const first = octets.reduce((sum, octet) => sum * 256 + octet, 0);
    const size = 2 ** (32 - prefix);
    if (first % size !== 0) {
      const start = first - first % size;
      const dotted = [24, 16, 8, 0].map(shift => Math.floor(start / 2 ** shift) % 256).join('.');
      throw new Refusal(`'${what}' (${text}) starts inside its range; the range is ${dotted}/${prefix}`);
    }
    return new Cidr(what, text, first, size, prefix);
  }

  /** A range that only Terraform will know. No comparison with it is true, so that no check refuses it. */
  static unknown(what: string, text: string): Cidr {
    return new Cidr(what, text, NaN, NaN, NaN);
  }

  private constructor(
    readonly what: string, readonly text: string, private readonly first: number, private readonly size: number, readonly prefix: number,
  ) {}

  /** @throws when its size is not between the two prefix lengths */
  within(widest: number, narrowest: number): this {
    if (this.prefix < widest || this.prefix > narrowest) {
      throw new Refusal(`'${this.what}' (${this.text}) must be between /${widest} and /${narrowest}`);
    }
    return this;
  }

  overlaps(other: Cidr): boolean {
    return this.first < other.first + other.size && other.first < this.first + this.size;
  }
}
