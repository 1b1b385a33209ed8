/** Exit codes of the ends that a script may want to tell apart: https://man.freebsd.org/cgi/man.cgi?query=sysexits */
export enum ExitCode {
  USAGE = 64,
  DATA = 65,
  NO_INPUT = 66,
  UNAVAILABLE = 69,
  CANNOT_CREATE = 73,
  NO_PERMISSION = 77,
}

/** What a person has to hear, and the exit code. */
export class Failure extends Error {
  constructor(readonly exitCode: ExitCode, message: string) {
    super(message);
  }
}
