/** The message that something is refused with; fails when it is not. */
export function refusalOf(build: () => unknown): string {
  try {
    build();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}
