/*
 * `node -r ./scripts/run-ts.cjs PROGRAM.ts` runs TypeScript without a build, and the second time without a compiler: what a module was
 * compiled to is kept below node_modules/.cache, and is used as long as the file of the module has the same bytes.
 */
const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const v8 = require('node:v8');
const vm = require('node:vm');
const { CodeCache, digestOf } = require('./run-ts-cache.cjs');
const { fileOf } = require('./run-ts-resolve.cjs');

const PACKAGES = path.join(__dirname, '..', 'node_modules');
const SUCRASE = path.dirname(require.resolve('sucrase/package.json'));

/** What makes other code of the same bytes. */
const INGREDIENTS = [__filename, path.join(SUCRASE, 'package.json')].map(file => fs.readFileSync(file, 'utf8'));

/** What packages load, although our programs never use it: cdktf makes archives and looks at versions, and cdk8s reads YAML. */
const LOADED_WHEN_USED = new Set(['archiver', 'json-stable-stringify', 'semver', 'yaml']);

/** V8 gets modules without their source maps, which are longer than their code. */
const SOURCE_MAP = /\n\/\/# sourceMappingURL=data:[^\n]*\n?$/;
const [HEAD, TAIL] = ['(function (exports, require, module, __filename, __dirname) { ', '\n})'];

// Until V8 12, functions are optimized long before that pays in a program of half a second.
if (Number.parseInt(process.versions.v8) < 12) {
  v8.setFlagsFromString('--interrupt-budget=400000');
}

const node = { js: Module._extensions['.js'], compile: Module.prototype._compile, resolve: Module._resolveFilename };
const cache = new CodeCache(path.join(PACKAGES, '.cache', 'cdk8s-vllm'), process.argv[1] ?? 'eval', INGREDIENTS);
process.on('exit', () => cache.save());

Module._resolveFilename = (request, parent, isMain, options) => {
  const find = () => node.resolve.call(Module, request, parent, isMain, options);
  const isPlain = parent?.filename && options === undefined && !Module.isBuiltin(request);
  return (isPlain && fileOf(request, path.dirname(parent.filename), find)) || find();
};

Module._extensions['.js'] = (module, filename) => {
  const compiled = cache.find(digestOf(filename, read(filename)));
  return compiled ? run(module, filename, compiled) : node.js(module, filename);
};

Module._extensions['.ts'] = (module, filename) => {
  const content = read(filename);
  const digest = digestOf(filename, content);
  const compiled = cache.find(digest);
  return compiled ? run(module, filename, compiled) : compile(module, filename, digest, transpiled(content.toString(), filename));
};

/** Node calls it with what it has read, after it has found that this is no ES module; also with what has no file, such as that of `-e`. */
Module.prototype._compile = function (content, filename, ...rest) {
  if (filename.startsWith(SUCRASE) || !path.isAbsolute(filename)) {
    return node.compile.call(this, content, filename, ...rest);
  }
  return compile(this, filename, digestOf(filename, content), content.replace(SOURCE_MAP, ''));
};

function compile(module, filename, digest, code) {
  const source = `${HEAD}${code}${TAIL}`;
  const script = scriptOf(source, filename);
  cache.add(digest, source, script);
  return call(module, filename, script);
}

function run(module, filename, { digest, source, code }) {
  const script = scriptOf(source, filename, code);
  if (script.cachedDataRejected) {
    cache.add(digest, source, script);
  }
  return call(module, filename, script);
}

function scriptOf(source, filename, cachedData) {
  return new vm.Script(source, {
    filename, cachedData, columnOffset: -HEAD.length, importModuleDynamically: vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
}

function call(module, filename, script) {
  const require = id => LOADED_WHEN_USED.has(id) ? whenUsed(() => module.require(id)) : module.require(id);
  require.resolve = (request, options) => Module._resolveFilename(request, module, false, options);
  require.resolve.paths = request => Module._resolveLookupPaths(request, module);
  Object.assign(require, { main: process.mainModule, extensions: Module._extensions, cache: Module._cache });
  return script.runInThisContext().call(module.exports, module.exports, require, module, filename, path.dirname(filename));
}

/** Stands for a module until something of it is asked for. Generated code asks whether it is an ES module only to copy it if it is not. */
function whenUsed(load) {
  const operations = Object.fromEntries(Object.getOwnPropertyNames(Reflect).map(name =>
    [name, (target, ...rest) => name === 'get' && rest[0] === '__esModule' ? true : Reflect[name](load(), ...rest)]));
  // A bound function can be called and constructed, and has no property that the module must have too.
  return new Proxy(function () {}.bind(), operations);
}

let buffer = Buffer.allocUnsafeSlow(1 << 22);

/** The content of a file until the next one is read: V8 would count a buffer for each file, and collect garbage for them. */
function read(filename) {
  const file = fs.openSync(filename);
  try {
    let length = 0;
    for (let got; (got = fs.readSync(file, buffer, length, buffer.length - length, length)) > 0; length += got) {
      if (length + got === buffer.length) {
        buffer = Buffer.concat([buffer], 2 * buffer.length);
      }
    }
    return buffer.subarray(0, length);
  } finally {
    fs.closeSync(file);
  }
}

let sucrase;

function transpiled(code, filename) {
  sucrase ??= require('sucrase');
  return sucrase.transform(code, { transforms: ['imports', 'typescript'], disableESTransforms: true, filePath: filename }).code;
}
