const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');

const RELATIVE = /^\.\.?\/(?:.*[^/.])?$/s;
const PACKAGE_NAME = /^(?:@[^/]+\/)?[\w-][^/]*/;
const PACKAGE_FOLDER = /^.*[/\\]node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+/s;

const folders = new Map();
const packages = new Map();
const existing = new Map();

/**
 * Finds the file of a module as node does, but looks once at each folder, not once at each name that the module could have.
 *
 * @returns undefined when it is not as plain as that: node shall look
 */
function fileOf(request, folder, node) {
  if (RELATIVE.test(request)) {
    return relative(path.join(folder, request));
  }
  const name = PACKAGE_NAME.exec(request)?.[0];
  const place = name && placeOf(folder, name);
  if (place === undefined) {
    return undefined;
  }
  // Modules of one package that look in the same place find the same.
  const key = [place, request, PACKAGE_FOLDER.exec(folder)?.[0]].join('\0');
  packages.set(key, packages.get(key) ?? node());
  return packages.get(key);
}

function relative(base) {
  const [folder, name] = [path.dirname(base), path.basename(base)];
  const files = filesIn(folder);
  const found = files && ['', ...Object.keys(Module._extensions)].find(ending => files.has(name + ending));
  return found === undefined ? undefined : base + found;
}

/** Names of the files, or undefined where links are about. */
function filesIn(folder) {
  if (!folders.has(folder)) {
    folders.set(folder, namesOfFiles(folder));
  }
  return folders.get(folder);
}

function namesOfFiles(folder) {
  try {
    const entries = fs.readdirSync(folder, { withFileTypes: true });
    const plain = fs.realpathSync.native(folder) === folder && entries.every(entry => entry.isFile() || entry.isDirectory());
    return plain ? new Set(entries.filter(entry => entry.isFile()).map(entry => entry.name)) : undefined;
  } catch {
    return undefined;
  }
}

/** The nearest node_modules with a package. */
function placeOf(folder, name) {
  for (let above = folder; ; above = path.dirname(above)) {
    const place = path.join(above, 'node_modules');
    const file = path.join(place, name);
    existing.set(file, existing.get(file) ?? fs.existsSync(file));
    if (existing.get(file)) {
      return place;
    }
    if (above === path.dirname(above)) {
      return undefined;
    }
  }
}

module.exports = { fileOf };
