const LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const LABEL_1035 = /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/**
 * What a name may look like. Kubernetes knows three forms that matter here.
 *
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
 */
export class DnsName {
  /** DNS-1123 label: namespaces, folders. */
  public static readonly LABEL = new DnsName('DNS label', 63, 'a-z, 0-9 and -, at most 63 characters', name => LABEL.test(name));

  /** DNS-1035 label: Services, whose name must start with a letter. */
  public static readonly LABEL_1035 = new DnsName(
    'DNS-1035 label', 63, 'a-z, 0-9 and -, starting with a letter, at most 63 characters', name => LABEL_1035.test(name));

  /** DNS-1123 subdomain: nearly every other object. */
  public static readonly SUBDOMAIN = new DnsName(
    'DNS subdomain', 253, 'a-z, 0-9, - and ., at most 253 characters', name => SUBDOMAIN.test(name));

  private constructor(
    public readonly title: string,
    public readonly maxLength: number,
    public readonly rule: string,
    private readonly matches: (name: string) => boolean,
  ) {}

  public accepts(name: string): boolean {
    return name.length > 0 && name.length <= this.maxLength && this.matches(name);
  }

  /** One sentence for an error message: what is wrong with the name, and a name near it that would do. */
  public explain(name: string): string {
    const near = this.nearest(name);
    return `${JSON.stringify(name)} is no ${this.title} (${this.rule})${near ? `; ${JSON.stringify(near)} would be` : ''}`;
  }

  private nearest(name: string): string | undefined {
    const separators = this === DnsName.SUBDOMAIN ? /[^a-z0-9.]+/g : /[^a-z0-9]+/g;
    const clean = name.toLowerCase().replace(separators, '-').slice(0, this.maxLength).replace(/^[-.]+|[-.]+$/g, '');
    return [clean, `x-${clean}`.slice(0, this.maxLength)].find(candidate => this.accepts(candidate));
  }
}
