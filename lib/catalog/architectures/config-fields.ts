import { Refusal } from '../../common/refusal';

export type Json = Readonly<Record<string, unknown>>;

/** The fields of one object of a `config.json`, with the defaults of its class, and which of them somebody has read. */
export class ConfigFields {
  private readonly seen = new Set<string>();
  private readonly sections = new Map<string, ConfigFields>();

  constructor(readonly json: Json, readonly defaults: Json, private readonly where: string) {}

  get modelType(): string {
    return String(this.json.model_type ?? '');
  }

  /** What vLLM finds under that name: null in the file is nothing, an absent field is the class's default. */
  value(name: string): unknown {
    this.seen.add(name);
    const value = Object.hasOwn(this.json, name) ? this.json[name] : this.defaults[name];
    return value ?? undefined;
  }

  /** The first number in the file, under the first of these names that has one, else the first default. */
  optional(...names: string[]): number | undefined {
    const inFile = names.filter(name => Object.hasOwn(this.json, name));
    return [...inFile, ...names].map(name => this.value(name)).find(value => typeof value === 'number');
  }

  /** @throws when there is none, or none above 0 */
  number(...names: string[]): number {
    const value = this.optional(...names);
    if (value === undefined || value <= 0) {
      throw this.missing(names);
    }
    return value;
  }

  flag(name: string): boolean {
    return this.value(name) === true;
  }

  text(name: string): string | undefined {
    const value = this.value(name);
    return typeof value === 'string' ? value : undefined;
  }

  list<T = unknown>(name: string): readonly T[] | undefined {
    const value = this.value(name);
    return Array.isArray(value) ? value as T[] : undefined;
  }

  /** An object inside of this one, with what has been read of it. */
  section(name: string): ConfigFields | undefined {
    const value = this.value(name);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return undefined;
    }
    const section = this.sections.get(name) ?? new ConfigFields(value as Json, {}, `${this.where}: ${name}`);
    this.sections.set(name, section);
    return section;
  }

  /** Marks fields as of no consequence in this architecture. */
  harmless(...names: string[]): void {
    names.forEach(name => this.seen.add(name));
  }

  /** Names of the fields that have a value and that nobody has read, those of sections with the section's name before them. */
  get unread(): string[] {
    const own = Object.keys(this.json).filter(name => !this.seen.has(name) && this.json[name] !== null && this.json[name] !== undefined);
    return [...own, ...[...this.sections].flatMap(([name, section]) => section.unread.map(inner => `${name}.${inner}`))];
  }

  missing(names: readonly string[]): Error {
    return new Refusal(`${this.where} (model_type '${this.modelType}') has no ${names.join(' or ')}, without which no plan can be made. `
      + 'Is it the configuration of a language model? Otherwise describe the model with Model.of(...).');
  }

  /** A refusal of what the file says, for reasons of the architecture. */
  refuse(problem: string): Error {
    return new Refusal(`${this.where} (model_type '${this.modelType}'): ${problem}`);
  }
}
