#!/usr/bin/env node
import { runCommandLine } from './command-line';

void runCommandLine(process.argv.slice(2), process.env, { out: console.log, error: console.error }).then((exitCode) => {
  process.exitCode = exitCode;
});
