const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const v8 = require('node:v8');

const ROOT = path.join(__dirname, '..');

/** V8 copies data that does not begin at a multiple of this. */
const ALIGNMENT = 8;
const LENGTH_BYTES = 8;

/**
 * What the modules of one program were compiled to, by the digest of the bytes that were compiled: a changed module is never taken
 * for the one before. All of it is one file, so that it is read at once, and replaced by a rename, so that nobody reads half of it.
 */
class CodeCache {
  #file;
  #known = new Map();
  #used = new Set();
  #added = new Map();

  /**
   * @param folder that the file lies in
   * @param program whose modules they are: each program has a file of its own
   * @param ingredients what decides about the code beside the source; node, and V8 with its flags, always do
   */
  constructor(folder, program, ingredients) {
    const versions = [process.version, process.arch, v8.cachedDataVersionTag(), fs.readFileSync(__filename, 'utf8'), ...ingredients];
    const name = path.relative(ROOT, program).replace(/[^\w.]+/g, '-');
    this.#file = path.join(folder, `${name}-${digestOf(JSON.stringify(versions)).slice(0, 16)}.bin`);
    this.#read();
  }

  /** The source as V8 got it and the code that V8 made of it, or undefined when it never saw these bytes. */
  find(digest) {
    const found = this.#known.get(digest);
    if (found === undefined) {
      return undefined;
    }
    this.#used.add(digest);
    return { digest, source: found.source.toString(), code: found.code };
  }

  /** Remembers what was compiled. V8 is asked for its code in the end, when that has the functions that were called. */
  add(digest, source, script) {
    this.#added.set(digest, { source, script });
  }

  /** Keeps what was used and what is new. Where that cannot be written, the next run compiles again, and that is all. */
  save() {
    if (this.#added.size === 0 || isLink(path.join(this.#file, '../../..'))) {
      return;
    }
    const draft = `${this.#file}-${process.pid}`;
    attempt(() => {
      fs.mkdirSync(path.dirname(this.#file), { recursive: true });
      fs.writeFileSync(draft, this.#packed());
      fs.renameSync(draft, this.#file);
    });
    attempt(() => fs.rmSync(draft, { force: true }));
  }

  /** The length of the index, the index, and what the index says: source and code of each module, one after the other. */
  #packed() {
    const entries = [...this.#used].filter(digest => !this.#added.has(digest)).map(digest => [digest, this.#known.get(digest)]);
    for (const [digest, { source, script }] of this.#added) {
      entries.push([digest, { source: Buffer.from(source), code: script.createCachedData() }]);
    }
    const index = Buffer.from(JSON.stringify(entries.map(([digest, { source, code }]) => [digest, source.length, code.length])));
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(index.length);
    return Buffer.concat([length, index, ...entries.flatMap(([, { source, code }]) => [source, code])].flatMap(padded));
  }

  #read() {
    attempt(() => {
      const bytes = fs.readFileSync(this.#file);
      let start = LENGTH_BYTES;
      const next = (length) => {
        const part = bytes.subarray(start, start + length);
        start += aligned(length);
        return part;
      };
      const index = JSON.parse(next(bytes.readUInt32LE(0)));
      const known = index.map(([digest, source, code]) => [digest, { source: next(source), code: next(code) }]);
      this.#known = new Map(start === bytes.length ? known : []);
    });
  }
}

/** Checkouts that share their packages would take each other's place. */
function isLink(packages) {
  return fs.lstatSync(packages).isSymbolicLink();
}

function aligned(length) {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}

function padded(part) {
  return [part, Buffer.alloc(aligned(part.length) - part.length)];
}

function attempt(work) {
  try {
    work();
  } catch {
    // What cannot be read or kept is made again.
  }
}

function digestOf(...parts) {
  const hash = createHash('sha256');
  parts.forEach(part => hash.update(part).update('\0'));
  return hash.digest('base64url');
}

module.exports = { CodeCache, digestOf };
