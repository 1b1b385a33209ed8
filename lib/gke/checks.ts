import { Token } from 'cdktf';
import { Cidr } from '../common/cidr';
import { requireBucketName as bucketName } from '../common/names';
import { wholeNumber } from '../common/whole-number';
import { Refusal } from '../common/refusal';
import { Region } from '../common/region';

/** A value that only Terraform will know cannot be checked before. */
function isKnown(value: unknown): boolean {
  return !Token.isUnresolved(value);
}

/** @throws when the value has not that form; `hint` says what the form is */
export function requireForm(what: string, value: string, form: RegExp, hint: string): string {
  if (isKnown(value) && !form.test(value)) {
    throw new Refusal(`'${what}' (${value}) ${hint}`);
  }
  return value;
}

/** @throws on what is no whole number in that range */
export function requireCount(what: string, value: number, least: number, most: number): number {
  return isKnown(value) ? wholeNumber(what, value, least, most) : value;
}

/** Names of most resources of Compute Engine and GKE. https://cloud.google.com/compute/docs/naming-resources */
export function requireName(what: string, value: string, longest = 63): string {
  if (isKnown(value) && value.length > longest) {
    throw new Refusal(`'${what}' (${value}) has ${value.length} characters, and at most ${longest} are allowed`);
  }
  return requireForm(what, value, /^[a-z]([a-z0-9-]*[a-z0-9])?$/, 'must be lower case letters, digits and \'-\', starting with a letter');
}

/** @throws on what is not one of the allowed, and names these */
export function requireOneOf<T extends string>(what: string, value: T, allowed: readonly T[]): T {
  if (isKnown(value) && !allowed.includes(value)) {
    throw new Refusal(`'${what}' (${value}) must be one of ${allowed.join(', ')}`);
  }
  return value;
}

/** As the manifests ask for it. */
export function requireBucketName(what: string, name: string): string {
  return isKnown(name) ? bucketName(name, `'${what}'`) : name;
}

/** @throws when a zone is not in the region, or none is named */
export function requireZones(what: string, zones: readonly string[], region: string): string[] {
  if (!isKnown([...zones]) || !zones.every(isKnown) || !isKnown(region)) {
    return [...zones];
  }
  if (zones.length === 0) {
    throw new Refusal(`'${what}' is empty; name zones of ${region}, for example ${region}-a`);
  }
  const outside = zones.filter(zone => !Region.of(region).has(zone));
  if (outside.length > 0) {
    throw new Refusal(`'${what}' (${outside.join(', ')}) is not in the region ${region}; its zones are called ${region}-a, ${region}-b, …`);
  }
  const twice = zones.find((zone, index) => zones.indexOf(zone) !== index);
  if (twice !== undefined) {
    throw new Refusal(`'${what}' names ${twice} twice`);
  }
  return [...zones].sort();
}

export function requireRegion(what: string, region: string): string {
  return isKnown(region) ? Region.of(region, `'${what}'`).name : region;
}

/** @throws on an address range that is none, or whose size is not between the two prefix lengths */
export function requireCidr(what: string, cidr: string, widest = 0, narrowest = 32): Cidr {
  return isKnown(cidr) ? Cidr.of(what, cidr).within(widest, narrowest) : Cidr.unknown(what, cidr);
}

/** @throws when two of the ranges share an address */
export function requireDisjoint(ranges: readonly Cidr[]): void {
  ranges.forEach((range, index) => {
    const other = ranges.slice(index + 1).find(candidate => candidate.overlaps(range));
    if (other) {
      throw new Refusal(`'${range.what}' (${range.text}) and '${other.what}' (${other.text}) overlap; give them ranges of their own`);
    }
  });
}
