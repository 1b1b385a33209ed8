/** What is refused is said in its own words, without the lines of our code that it came from. */
export function runProgram(main: () => void): void {
  try {
    main();
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
