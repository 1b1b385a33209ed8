import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';
import { PROJECT } from '../house/sources';

/** As in tsconfig.json: with other options it would be another compiler than that of users. */
const OPTIONS = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(PROJECT, 'tsconfig.json'), ts.sys.readFile).config, ts.sys, PROJECT).options;

/** What never changes is read once: most of it is declarations of packages. */
const read = new Map<string, ts.SourceFile | undefined>();

/** The program that begins at some files of the project, one of which has perhaps another text than on disk. */
export function programOf(entries: readonly string[], planted: { readonly file?: string; readonly text?: string } = {}): ts.Program {
  const host = ts.createCompilerHost(OPTIONS);
  const { getSourceFile } = host;
  const changed = planted.file && join(PROJECT, planted.file);
  host.getSourceFile = (name, options, ...rest) => {
    if (name === changed) {
      return ts.createSourceFile(name, planted.text!, options);
    }
    if (!read.has(name)) {
      read.set(name, getSourceFile(name, options, ...rest));
    }
    return read.get(name);
  };
  return ts.createProgram(entries.map(entry => join(PROJECT, entry)), OPTIONS, host);
}

export function textOf(file: string): string {
  return readFileSync(join(PROJECT, file), 'utf8');
}
