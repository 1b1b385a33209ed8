/** Declares tests that go on where the one before has ended: after one has failed the others fail at once, and name it. */
export function story(): (name: string, step: () => Promise<void>) => void {
  let broken: string | undefined;
  return (name, step) => test(name, async () => {
    if (broken !== undefined) {
      throw new Error(`not tried, since another step failed before: ${broken}`);
    }
    broken = name;
    await step();
    broken = undefined;
  });
}
