/** Declares tests that go on where the one before has ended: after one has failed the others are not tried (`OneCauseEnvironment`). */
export function story(): (name: string, step: () => Promise<void>) => void {
  return (name, step) => test(name, Object.assign(() => step(), { story: true }));
}
