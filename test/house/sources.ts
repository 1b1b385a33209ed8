import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';
import { preProcessFile } from 'typescript';

export const PROJECT = resolve(__dirname, '../..');

/** Source text by path, relative to the project. */
export type Sources = ReadonlyMap<string, string>;

/** All files with that ending below some folders of the project. */
function filesIn(ending: string, folders: readonly string[]): Sources {
  const names = folders.flatMap((folder) => {
    const found = readdirSync(join(PROJECT, folder), { recursive: true }) as string[];
    return found.map(name => posix.join(folder, name));
  });
  return new Map(names.filter(name => name.endsWith(ending)).sort().map(name => [name, readFileSync(join(PROJECT, name), 'utf8')]));
}

/** All TypeScript below some folders of the project. */
export function sourcesIn(...folders: string[]): Sources {
  return filesIn('.ts', folders);
}

/** All Python below some folders of the project. */
export function pythonIn(...folders: string[]): Sources {
  return filesIn('.py', folders);
}

/** What each file imports, types as well: files of the project by path, packages by name. */
export function importsOf(sources: Sources): Map<string, string[]> {
  return new Map([...sources].map(([file, text]) => [
    file, preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName.startsWith('.') ? resolved(file, fileName, sources) : fileName),
  ]));
}

function resolved(from: string, to: string, sources: Sources): string {
  const path = posix.join(posix.dirname(from), to);
  return [`${path}.ts`, `${path}/index.ts`].find(candidate => sources.has(candidate)) ?? path;
}

/** The first ring of imports that is found, as a list that begins and ends with the same file. */
export function cycleIn(imports: ReadonlyMap<string, string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: string[]): string[] | undefined => {
    if (path.includes(file)) {
      return [...path.slice(path.indexOf(file)), file];
    }
    if (done.has(file)) {
      return undefined;
    }
    for (const imported of imports.get(file) ?? []) {
      const cycle = visit(imported, [...path, file]);
      if (cycle) {
        return cycle;
      }
    }
    done.add(file);
    return undefined;
  };
  return [...imports.keys()].map(file => visit(file, [])).find(cycle => cycle !== undefined);
}
