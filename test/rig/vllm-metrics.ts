/** What a server exposes: the rows of `/metrics`, and the type of each metric. */
export interface Exposition {
  readonly rows: { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly value: string }[];
  readonly types: ReadonlyMap<string, string>;
}

export function expositionOf(text: string): Exposition {
  const rows = [...text.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/gm)].map(([, name, labels, value]) => ({
    name, value, labels: Object.fromEntries([...(labels ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, value]) => [label, value])),
  }));
  return { rows, types: new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type])) };
}

/** A series as an expression of Prometheus names it. */
export interface Selector {
  readonly name: string;
  readonly matchers: { readonly label: string; readonly operator: string; readonly value: string }[];
}

const KEYWORDS = ['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan'];

/** Every selector of an expression: what neither calls a function nor is a word of the language. */
export function selectorsOf(expression: string): Selector[] {
  const withoutText = expression.replace(/\[[^\]]*\]|\b(?:by|without|on|ignoring)\s*\([^)]*\)/g, '');
  return [...withoutText.matchAll(/([a-zA-Z_:][\w:]*)\s*(\{[^}]*\}|\()?/g)]
    .filter(([, name, after]) => after !== '(' && !KEYWORDS.includes(name.toLowerCase()))
    .map(([, name, after]) => ({
      name, matchers: [...(after ?? '').matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"/g)]
        .map(([, label, operator, value]) => ({ label, operator, value })),
    }));
}

/** The names that a keep-rule of a scraper lets pass, groups written out. */
export function namesOf(regex: string): string[] {
  return regex.split(/\|(?![^(]*\))/).flatMap((alternative) => {
    const [, before, group, after] = /^([^(]*)\(([^)]*)\)(.*)$/.exec(alternative) ?? [];
    return group ? group.split('|').map(middle => `${before}${middle}${after}`) : [alternative];
  });
}

/** Whether a server has a row that a selector reads. */
export function selects({ name, matchers }: Selector, { rows }: Exposition): boolean {
  return rows.some(row => row.name === name && matchers.every(({ label, operator, value }) => {
    const actual = row.labels[label] ?? '';
    const equal = operator.endsWith('~') ? new RegExp(`^(?:${value})$`).test(actual) : actual === value;
    return equal !== operator.startsWith('!');
  }));
}
