import * as fs from 'node:fs';
import * as path from 'node:path';

/** Content by path relative to a folder, with / between the parts. */
export type FileTree = ReadonlyMap<string, Buffer>;

/** Whether a file, folder or link of this name is there; a dangling link is. */
export function entryExists(file: string): boolean {
  return fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

/** Writes the tree into a folder that does not exist. Modes are set, not asked for: the umask has no say. */
export function writeTree(folder: string, files: FileTree): void {
  const made = new Set<string>();
  const makeFolder = (name: string): void => {
    if (!made.has(name)) {
      if (name !== folder) {
        makeFolder(path.dirname(name));
      }
      fs.mkdirSync(name);
      fs.chmodSync(name, 0o755);
      made.add(name);
    }
  };
  makeFolder(folder);
  for (const [name, content] of files) {
    const file = `${folder}/${name}`;
    makeFolder(path.dirname(file));
    writeFile(file, content);
  }
}

/** Writes a file that does not exist. */
export function writeFile(file: string, content: Buffer): void {
  const descriptor = fs.openSync(file, 'wx', 0o644);
  try {
    fs.fchmodSync(descriptor, 0o644);
    fs.writeFileSync(descriptor, content);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Makes the folders of a path that are not there. */
export function makeFolders(folder: string): void {
  if (!fs.existsSync(folder)) {
    makeFolders(path.dirname(folder));
    fs.mkdirSync(folder, { recursive: true });
    fs.chmodSync(folder, 0o755);
  }
}

/** Whether the folder holds exactly these files. A link is never followed: it is a difference. */
export function treeEquals(folder: string, files: FileTree): boolean {
  let found = 0;
  const same = (relative: string): boolean => {
    for (const entry of fs.readdirSync(`${folder}/${relative}`, { withFileTypes: true })) {
      const name = `${relative}${entry.name}`;
      if (entry.isDirectory() ? !same(`${name}/`) : !entry.isFile() || !files.get(name)?.equals(fs.readFileSync(`${folder}/${name}`))) {
        return false;
      }
      found += entry.isFile() ? 1 : 0;
    }
    return true;
  };
  return fs.lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true && same('') && found === files.size;
}

/** Whether there is a file with exactly these bytes, and no link. */
export function fileEquals(file: string, content: Buffer): boolean {
  return fs.lstatSync(file, { throwIfNoEntry: false })?.isFile() === true && content.equals(fs.readFileSync(file));
}

export function removeTree(folder: string): void {
  fs.rmSync(folder, { recursive: true, force: true });
}
