import * as fs from 'node:fs';
import * as path from 'node:path';

/** Content by path relative to a folder, with / between the parts. */
export type FileTree = ReadonlyMap<string, Buffer>;

/** Whether a file, folder or link of this name is there; a dangling link is. */
export function entryExists(file: string): boolean {
  return fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;

/** Writes the tree into a folder that does not exist. Modes are set where the umask takes something of them: it has no say. */
export function writeTree(folder: string, files: FileTree): void {
  fs.mkdirSync(folder, FOLDER_MODE);
  const masked = (fs.lstatSync(folder).mode & 0o777) !== FOLDER_MODE;
  const made = new Set<string>();
  const makeFolder = (name: string): void => {
    if (!made.has(name)) {
      if (name !== folder) {
        makeFolder(path.dirname(name));
        fs.mkdirSync(name, FOLDER_MODE);
      }
      if (masked) {
        fs.chmodSync(name, FOLDER_MODE);
      }
      made.add(name);
    }
  };
  makeFolder(folder);
  for (const [name, content] of files) {
    const file = `${folder}/${name}`;
    makeFolder(path.dirname(file));
    writeFile(file, content, masked);
  }
}

/** Writes a file that does not exist. */
export function writeFile(file: string, content: Buffer, masked = true): void {
  const descriptor = fs.openSync(file, 'wx', FILE_MODE);
  try {
    if (masked) {
      fs.fchmodSync(descriptor, FILE_MODE);
    }
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
