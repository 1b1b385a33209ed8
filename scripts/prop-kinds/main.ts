import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createProgram, parseJsonConfigFileContent, readConfigFile, sys } from 'typescript';
import { KindsOfProps } from './kinds-of-props';

/**
 * Part of `npm run api`: what kind of value each prop takes, from the types that TypeScript users are held to, so that users of plain
 * JavaScript are held to the same. With `--check` nothing is written, and a file that is not as committed is an error.
 */
const PROJECT = resolve(__dirname, '../..');
const FILE = 'lib/common/prop-kinds.json';
const ENTRIES = ['lib/index.ts', 'lib/gke/index.ts'].map(entry => join(PROJECT, entry));

const { options } = parseJsonConfigFileContent(readConfigFile(join(PROJECT, 'tsconfig.json'), sys.readFile).config, sys, PROJECT);
const kinds = new KindsOfProps(createProgram(ENTRIES, options), PROJECT);
const { classes, props } = kinds.of(ENTRIES);
const text = `{\n"classes": ${lines(classes, JSON.stringify)},\n"props": ${lines(props, each => lines(each, JSON.stringify))}\n}\n`;
const there = join(PROJECT, FILE);

if (!process.argv.includes('--check')) {
  writeFileSync(there, text);
} else if (!existsSync(there) || readFileSync(there, 'utf8') !== text) {
  console.error(`${FILE} is stale. Run npm run api, and commit it with the change`);
  process.exitCode = 1;
}

/** A line for each entry, so that a change shows what it changes. */
function lines<T>(object: { [name: string]: T }, write: (value: T) => string): string {
  return `{\n${Object.entries(object).map(([name, value]) => `${JSON.stringify(name)}: ${write(value)}`).join(',\n')}\n}`;
}
