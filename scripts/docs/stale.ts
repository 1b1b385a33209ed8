const SHOWN = 5;

/** The first lines that one text has and the other has not. */
export function staleLines(old: string, made: string): string {
  const lines = (text: string) => text.split('\n');
  const [before, after] = [new Set(lines(old)), new Set(lines(made))];
  const gone = lines(old).filter(line => !after.has(line)).slice(0, SHOWN).map(line => `  - ${line}`);
  const come = lines(made).filter(line => !before.has(line)).slice(0, SHOWN).map(line => `  + ${line}`);
  return [...gone, ...come].join('\n') || '  the same lines in another order or number';
}
