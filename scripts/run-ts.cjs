/*
 * `node -r ./scripts/run-ts.cjs PROGRAM.ts` runs TypeScript without a build, and the second time without a compiler: what a module was
 * compiled to is kept below node_modules/.cache, and is used as long as the file of the module has the same bytes.
 */
const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const vm = require('node:vm');
const { CodeCache, digestOf } = require('./run-ts-cache.cjs');
const { fileOf } = require('./run-ts-resolve.cjs');

const PACKAGES = path.join(__dirname, '..', 'node_modules');
const SUCRASE = path.join(PACKAGES, 'sucrase');

/** What makes other code of the same bytes. */
const INGREDIENTS = [...[__filename, require.resolve('./run-ts-cache.cjs'), path.join(SUCRASE, 'package.json')].map(file => fs.readFileSync(file, 'utf8'))];

/** What packages load, although our programs never use it: cdktf makes archives of assets, and cdk8s reads YAML. */
const LOADED_WHEN_USED = new Set(['archiver', 'json-stable-stringify', 'semver', 'yaml']);

/** V8 gets modules without their source maps, which are longer than their code. */
const SOURCE_MAP = '\n//# sourceMappingURL=data:';
const [HEAD, TAIL] = ['(function (exports, require, module, __filename, __dirname) { ', '\n})'];

const nodes = { js: Module._extensions['.js'], compile: Module.prototype._compile, resolve: Module._resolveFilename };
const BUILTIN = new Set(Module.builtinModules);
const cache = new CodeCache(path.join(PACKAGES, '.cache', 'cdk8s-vllm'), process.argv[1] ?? 'eval', INGREDIENTS);
process.on('exit', () => cache.save());

Module._resolveFilename = (request, parent, isMain, options) => {
  const node = () => nodes.resolve.call(Module, request, parent, isMain, options);
  const looked = parent?.filename && options === undefined && !BUILTIN.has(request) && !request.startsWith('node:');
  return (looked && fileOf(request, path.dirname(parent.filename), node)) || node();
};

Module._extensions['.js'] = (module, filename) => {
  const compiled = cache.find(digestOf(fs.readFileSync(filename)));
  return compiled ? run(module, filename, compiled) : nodes.js(module, filename);
};

Module._extensions['.ts'] = (module, filename) => {
  const content = fs.readFileSync(filename);
  const digest = digestOf(content);
  const compiled = cache.find(digest);
  return compiled ? run(module, filename, compiled) : compile(module, filename, digest, transpiled(content.toString(), filename));
};

/** Node calls it with what it has read, after it has found that this is no ES module. */
Module.prototype._compile = function (content, filename, ...rest) {
  const end = content.lastIndexOf(SOURCE_MAP);
  return rest[0] === 'module' || filename.startsWith(SUCRASE)
    ? nodes.compile.call(this, content, filename, ...rest)
    : compile(this, filename, digestOf(content), content.slice(0, end < 0 ? undefined : end));
};

function compile(module, filename, digest, code) {
  const source = `${HEAD}${code}${TAIL}`;
  const script = scriptOf(source, filename);
  cache.add(digest, source, script);
  call(module, filename, script);
}

function run(module, filename, { source, code }) {
  const script = scriptOf(source.toString(), filename, code);
  call(module, filename, script);
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
  script.runInThisContext().call(module.exports, module.exports, require, module, filename, path.dirname(filename));
}

/** Stands for a module until something of it is asked for. Generated code asks whether it is an ES module only to copy it if it is not. */
function whenUsed(load) {
  const operations = Object.fromEntries(Object.getOwnPropertyNames(Reflect).map(name =>
    [name, (target, ...rest) => name === 'get' && rest[0] === '__esModule' ? true : Reflect[name](load(), ...rest)]));
  return new Proxy(function () {}, operations);
}

let sucrase;

function transpiled(code, filename) {
  sucrase ??= require('sucrase');
  return sucrase.transform(code, { transforms: ['imports', 'typescript'], disableESTransforms: true, filePath: filename }).code;
}
