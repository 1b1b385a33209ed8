/** A simple command of a shell: words as the shell hands them over, and what is set before them. */
export interface Command {
  readonly words: readonly string[];
  readonly variables: { readonly [name: string]: string };
  /** As it is written, for messages. */
  readonly text: string;
}

/** The commands of all blocks ```sh of a page, the ones in $(…) as well. */
export function commandsIn(markdown: string): Command[] {
  const blocks = [...markdown.matchAll(/^ *```sh\n(.*?)^ *```/gms)].map(match => match[1]);
  return blocks.flatMap(block => block.replaceAll('\\\n', ' ').split('\n').flatMap(commandsOf));
}

/** A page without the code that it shows. */
export function prose(markdown: string): string {
  return markdown.replace(/^ *```.*?^ *```/gms, '');
}

/** The commands of one line. What stands in `$(…)` is a command of its own, and `$()` in the command around it. */
export function commandsOf(line: string): Command[] {
  return new ShellLine(line).read();
}

/** As much of a shell's grammar as the docs use: quotes, comments, `$(…)`, variables, and signs between commands. */
class ShellLine {
  private readonly found: Command[] = [];
  private words: string[] = [];
  private word: string | undefined;
  private start = 0;
  private position = 0;

  constructor(private readonly line: string) {}

  read(): Command[] {
    while (this.position < this.line.length && !this.atComment()) {
      this.step();
    }
    this.endCommand();
    return this.found;
  }

  private atComment(): boolean {
    return this.line[this.position] === '#' && this.word === undefined;
  }

  private step(): void {
    const rest = this.line.slice(this.position);
    const [between] = /^(?:&&|\|\||[|;&])/.exec(rest) ?? [];
    if (between !== undefined) {
      this.endCommand();
      this.position += between.length;
      this.start = this.position;
    } else if (/^\s/.test(rest)) {
      this.endWord();
      this.position++;
    } else if (rest.startsWith('$(')) {
      this.substitution(this.line);
    } else if (rest.startsWith('\'') || rest.startsWith('"')) {
      this.quoted(rest[0]);
    } else {
      this.add(rest[0]);
      this.position++;
    }
  }

  private add(text: string): void {
    this.word = `${this.word ?? ''}${text}`;
  }

  /** From `$(` to its bracket. */
  private substitution(within: string): void {
    const end = closing(within, this.position + 1);
    this.found.push(...commandsOf(within.slice(this.position + 2, end)));
    this.add('$()');
    this.position = end + 1;
  }

  private quoted(quote: string): void {
    this.add('');
    for (this.position++; this.line[this.position] !== quote;) {
      if (this.position >= this.line.length) {
        throw new Error(`a quotation has no end: ${this.line}`);
      }
      if (quote === '"' && this.line.startsWith('$(', this.position)) {
        this.substitution(this.line);
      } else {
        this.add(this.line[this.position++]);
      }
    }
    this.position++;
  }

  private endWord(): void {
    if (this.word !== undefined) {
      this.words.push(this.word);
      this.word = undefined;
    }
  }

  private endCommand(): void {
    this.endWord();
    const first = this.words.findIndex(word => !/^[A-Za-z_]\w*=/.test(word));
    const count = first === -1 ? this.words.length : first;
    const variables = Object.fromEntries(this.words.slice(0, count).map((word) => {
      const [name, ...value] = word.split('=');
      return [name, value.join('=')];
    }));
    if (this.words.length > 0) {
      this.found.push({ words: this.words.slice(count), variables, text: this.line.slice(this.start, this.position).trim() });
    }
    this.words = [];
  }
}

/** Where the bracket closes that opens at a position. */
function closing(line: string, open: number): number {
  let depth = 0;
  for (let position = open; position < line.length; position++) {
    depth += line[position] === '(' ? 1 : line[position] === ')' ? -1 : 0;
    if (depth === 0) {
      return position;
    }
  }
  throw new Error(`a bracket has no end: ${line}`);
}
