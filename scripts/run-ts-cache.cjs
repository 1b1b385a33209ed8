const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const v8 = require('node:v8');

/** V8 copies data that does not begin at a multiple of this. */
const ALIGNMENT = 8;
const LENGTH_BYTES = 8;

/** @typedef {{ source: Buffer, code: Buffer }} Compiled what V8 gets as source, and what it made of it */

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
    const key = digestOf(JSON.stringify([process.version, process.arch, v8.cachedDataVersionTag(), ...ingredients]));
    this.#file = path.join(folder, `${path.basename(program)}-${key.slice(0, 16)}.bin`);
    this.#read();
  }

  /** @returns {Compiled | undefined} undefined when these bytes were never compiled */
  find(digest) {
    const found = this.#known.get(digest);
    if (found) {
      this.#used.add(digest);
    }
    return found;
  }

  /** Remembers what was compiled. V8 is asked for its code in the end, when that has the functions that were called. */
  add(digest, source, script) {
    this.#added.set(digest, { source, script });
  }

  /** Keeps what was used and what is new. Without a place to keep it, the next run compiles again, and that is all. */
  save() {
    if (this.#added.size === 0) {
      return;
    }
    const draft = `${this.#file}-${process.pid}`;
    try {
      fs.mkdirSync(path.dirname(this.#file), { recursive: true });
      fs.writeFileSync(draft, this.#packed());
      fs.renameSync(draft, this.#file);
    } catch {
      fs.rmSync(draft, { force: true });
    }
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
    let bytes;
    try {
      bytes = fs.readFileSync(this.#file);
    } catch {
      return;
    }
    let start = LENGTH_BYTES;
    const next = (length) => {
      const part = bytes.subarray(start, start + length);
      start += aligned(length);
      return part;
    };
    for (const [digest, sourceLength, codeLength] of JSON.parse(next(bytes.readUInt32LE(0)))) {
      this.#known.set(digest, { source: next(sourceLength), code: next(codeLength) });
    }
  }
}

function aligned(length) {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}

function padded(part) {
  return [part, Buffer.alloc(aligned(part.length) - part.length)];
}

function digestOf(content) {
  return createHash('sha256').update(content).digest('base64url');
}

module.exports = { CodeCache, digestOf };
