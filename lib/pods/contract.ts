import { Refusal } from '../common/refusal';
import { wholeNumber } from '../common/whole-number';
import exits from '../workloads/shared/exits.json';

/** An argument of a program, as its `contract.json` says it. */
export interface ProgramArgument {
  /** `string`, `integer`, `number` or `flag`; a flag has no value. */
  readonly type: string;
  /** What it is, as the end of "--name: …". */
  readonly help: string;
  /** Given by its place, not by its name. @default false */
  readonly positional?: boolean;
  /** @default false */
  readonly required?: boolean;
  /** What the program takes when it is not given. @default - none */
  readonly default?: string | number | boolean;
  readonly least?: number;
  readonly most?: number;
  /** The value itself is not allowed any more, only what is larger. */
  readonly above?: number;
  /** Regular expression of the whole value. */
  readonly pattern?: string;
  /** What the pattern asks for, as the end of a sentence. */
  readonly form?: string;
  /** What the program does in the bucket's folder, or with the bucket's file, that the value names. @default - the value names none */
  readonly access?: string;
  /** What help shows in the place of the value. @default - the last word of the name */
  readonly metavar?: string;
  /** The commands that take it. @default - all */
  readonly commands?: readonly string[];
}

export interface ProgramExit {
  readonly meaning: string;
  /** Another try cannot help. */
  readonly final: boolean;
}

/** A `contract.json`: the one place of what a program is called with and ends with. Python reads the same file (shared/contract.py). */
export interface ProgramContract {
  readonly name: string;
  readonly description: string;
  /** Files of `workloads/shared` that its programs import, besides those that read the contract. */
  readonly shared: readonly string[];
  /** The first argument, where a program does several things. */
  readonly commands?: { readonly [command: string]: string };
  readonly arguments: { readonly [name: string]: ProgramArgument };
  /** Values of the file that the program reads, by their names there; a dot stands between an object and what is in it. @default - none */
  readonly settings?: { readonly [name: string]: ProgramArgument };
  /** By the names of exits.json. */
  readonly exits: { readonly [name: string]: ProgramExit };
}

const CODES: { readonly [name: string]: number } = exits;

/** What a construct and its program agree on. */
export class Contract {
  readonly name: string;
  readonly shared: readonly string[];

  constructor(private readonly contract: ProgramContract) {
    this.name = contract.name;
    this.shared = contract.shared;
  }

  /** The values of the program's file, checked as its arguments are. */
  get settings(): Contract {
    return new Contract({ ...this.contract, arguments: this.contract.settings ?? {} });
  }

  /** Exit codes after which another try cannot help. */
  get finalExitCodes(): number[] {
    return Object.entries(this.contract.exits).filter(([, { final }]) => final).map(([name]) => this.exitCode(name)).sort((a, b) => a - b);
  }

  exitCode(name: string): number {
    if (!Object.hasOwn(this.contract.exits, name)) {
      throw new Error(`the contract of ${this.name} has no exit ${name}`);
    }
    return CODES[name];
  }

  /**
   * The number for an argument: the given one, or the default of the contract.
   *
   * @throws when it is not in the range of the contract
   */
  number(argument: string, prop: string, given?: number): number {
    const { type, default: usual, least, most, above } = this.argument(argument);
    const value = given ?? usual as number;
    if (type === 'integer') {
      return wholeNumber(prop, value, least ?? 0, most);
    }
    if (typeof value !== 'number' || !(value >= (least ?? -Infinity) && value <= (most ?? Infinity) && value > (above ?? -Infinity))) {
      const range = [least === undefined ? '' : `from ${least}`, above === undefined ? '' : `above ${above}`, most === undefined ? '' : `${least === undefined ? 'at most' : 'to'} ${most}`];
      const example = usual === undefined ? '' : `, for example ${usual}`;
      throw new Refusal(`'${prop}' (${value}) must be a number ${range.filter(text => text !== '').join(least === undefined ? ' and ' : ' ')}${example}`);
    }
    return value;
  }

  /**
   * The text for an argument: the given one, or the default of the contract.
   *
   * @throws when it has not the form of the contract
   */
  text(argument: string, prop: string, given?: string): string {
    const { default: usual, pattern, form } = this.argument(argument);
    const value = given ?? usual as string;
    if (typeof value !== 'string' || (pattern !== undefined && !new RegExp(`^(?:${pattern})$`, 'u').test(value))) {
      // A line end in a message would read as another message.
      const shown = typeof value === 'string' && !/\p{Cc}/u.test(value) ? value : JSON.stringify(value);
      throw new Refusal(`'${prop}' (${shown}) must be ${form ?? 'a text'}`);
    }
    return value;
  }

  private argument(name: string): ProgramArgument {
    if (!Object.hasOwn(this.contract.arguments, name)) {
      throw new Error(`the contract of ${this.name} has no argument ${name}`);
    }
    return this.contract.arguments[name];
  }
}
