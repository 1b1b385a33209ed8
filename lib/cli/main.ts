#!/usr/bin/env node
import { runCommandLine } from './command-line';

void runCommandLine(process.argv.slice(2), process.env, {
  out: console.log,
  error: console.error,
  // https://no-color.org
  colours: process.stdout.isTTY === true && !process.env.NO_COLOR,
}).then((exitCode) => {
  process.exitCode = exitCode;
});
