import * as fs from 'node:fs';
import * as os from 'node:os';
import { Refusal } from '../../common/refusal';

const LONGEST_WAIT_MS = 30_000;
const held = new Set<string>();

/**
 * One writer at a time. The lock is a symbolic link whose target names the owner (as editors do it): it appears with its
 * content in one step, so nobody ever reads half of it.
 */
export class FolderLock {
  public static acquire(file: string): FolderLock {
    const deadline = Date.now() + LONGEST_WAIT_MS;
    while (!tryLink(file)) {
      const owner = ownerOf(file);
      if (owner !== undefined && isDead(owner, file)) {
        breakLock(file, owner);
      } else if (Date.now() > deadline) {
        throw new Refusal(`another run (${owner}) is writing here for more than ${LONGEST_WAIT_MS / 1000} s; if none is, delete ${file}`);
      } else {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      }
    }
    held.add(file);
    return new FolderLock(file);
  }

  private constructor(private readonly file: string) {}

  public release(): void {
    held.delete(this.file);
    fs.rmSync(this.file, { force: true });
  }
}

function tryLink(file: string): boolean {
  try {
    fs.symlinkSync(`${process.pid}@${os.hostname()}`, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      return false;
    }
    throw error;
  }
}

function ownerOf(file: string): string | undefined {
  try {
    return fs.readlinkSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

function isDead(owner: string, file: string): boolean {
  const [pid, host] = owner.split('@');
  if (host !== os.hostname()) {
    return false;
  }
  if (Number(pid) === process.pid) {
    // A container gives every run the same number: a lock under ours that we do not hold is of a run that died.
    return !held.has(file);
  }
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Takes a dead run's lock away by a rename, and gives it back when meanwhile a living run had got there first. */
function breakLock(file: string, owner: string): void {
  const taken = `${file}-${process.pid}`;
  fs.rmSync(taken, { force: true });
  try {
    fs.renameSync(file, taken);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return;
    }
    throw error;
  }
  if (ownerOf(taken) === owner) {
    fs.rmSync(taken);
  } else {
    fs.renameSync(taken, file);
  }
}
