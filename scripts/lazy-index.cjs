/*
 * `node scripts/lazy-index.cjs INDEX.js…` rewrites what tsc has built of an index: a room is loaded when one of its names is first read.
 * Who plans memory then loads no constructs.
 */
const fs = require('node:fs');
const path = require('node:path');

const ROOM = /\brequire\("(\.\/[^"]+)"\)/g;

/** @returns name -> the room that exports it */
function namesIn(file) {
  const rooms = [...fs.readFileSync(file, 'utf8').matchAll(ROOM)].map(([, room]) => [room, require(path.join(path.dirname(file), room))]);
  return Object.keys(require(file)).map((name) => {
    const found = rooms.find(([, exported]) => Object.hasOwn(exported, name));
    if (found === undefined) {
      throw new Error(`${file} exports ${name}, which none of ${rooms.map(([room]) => room).join(', ')} has`);
    }
    return [name, found[0]];
  });
}

function lazyIndex(names) {
  return `"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
// Never runs: it tells node's loader of ES modules what can be imported by name.
0 && (module.exports = { ${names.map(([name]) => name).join(', ')} });
function lazy(name, load) {
  const get = () => {
    const value = load();
    Object.defineProperty(exports, name, { enumerable: true, value });
    return value;
  };
  Object.defineProperty(exports, name, { enumerable: true, configurable: true, get });
}
${names.map(([name, room]) => `lazy("${name}", () => require("${room}").${name});`).join('\n')}
`;
}

for (const file of process.argv.slice(2).map(name => path.resolve(name))) {
  fs.writeFileSync(file, lazyIndex(namesIn(file)));
}
