import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { Part } from './parts';

// promtool alone knows the tag: without it, it holds the clients of every cloud that Prometheus finds targets in.
const TAGS = 'remove_all_sd';
// What the caller's shell says about Go must not change what is built, except where modules come from.
const GO_ENVIRONMENT = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false', GOWORK: 'off' };

function go(part: Part, ...args: string[]): string {
  return execFileSync('go', args, {
    cwd: part.sources, env: GO_ENVIRONMENT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 26,
  });
}

function requireGo(): void {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
  } catch {
    throw new Error('The rig is built with Go, and there is no `go` on PATH. Install Go 1.26 or newer (https://go.dev/dl).');
  }
}

/** kube-apiserver serves, and kubectl compares, the version that the linker was given; without it every one is v0.0.0. */
function linkerFlags(part: Part): string {
  const version = /^require k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\d+)$/m.exec(readFileSync(join(part.sources, 'go.mod'), 'utf8'));
  if (!version) {
    return '-s -w';
  }
  const [, gitVersion, gitMajor, gitMinor] = version;
  const variables = { gitVersion, gitMajor, gitMinor };
  return ['-s -w', ...Object.entries(variables).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)].join(' ');
}

/**
 * The API server takes a definition of a group under k8s.io only with a link to its review. Projects add it by hand after
 * generation, so here too: https://github.com/kubernetes-csi/external-snapshotter/pull/814
 */
function approve(file: string): void {
  const definition = parse(readFileSync(file, 'utf8'));
  if (definition.spec.group.endsWith('.k8s.io')) {
    definition.metadata.annotations['api-approved.kubernetes.io'] = 'https://github.com/kubernetes-csi/external-snapshotter/pull/814';
    writeFileSync(file, stringify(definition));
  }
}

/** Kinds of the Prometheus Operator that nothing of ours is: 0.7 MB that every control plane of the tests would have to learn. */
const UNUSED = /^monitoring[.]coreos[.]com_(?!servicemonitors|prometheusrules)/;

function generateCrds(part: Part, output: string): void {
  const packages = go(part, 'list', '-f', '{{join .Imports "\\n"}}', '.').trim().split('\n');
  // descriptions make definitions larger than the annotation of `kubectl apply` may be
  execFileSync(join(output, 'controller-gen'), ['crd:maxDescLen=0', ...packages.map(name => `paths=${name}`), `output:crd:dir=${output}/crds`], {
    cwd: part.sources, env: GO_ENVIRONMENT, stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (const name of readdirSync(join(output, 'crds'))) {
    const file = join(output, 'crds', name);
    if (UNUSED.test(name)) {
      rmSync(file);
    } else {
      approve(file);
    }
  }
}

/** A project's own definitions, as they lie in one release of its Go module. */
interface Shipped {
  readonly module: string;
  readonly sum: string;
  readonly files: readonly string[];
}

/**
 * Definitions that a project ships as it releases them. They are better than any that is generated here: Gateway API and KEDA change
 * them after controller-gen, and only what is released is what a cluster has.
 */
function copyShippedCrds(part: Part, output: string): void {
  for (const { module, sum, files } of JSON.parse(readFileSync(join(part.sources, 'shipped.json'), 'utf8')) as Shipped[]) {
    const { Dir, Sum } = JSON.parse(go(part, 'mod', 'download', '-json', module)) as { Dir: string; Sum: string };
    if (Sum !== sum) {
      throw new Error(`${module} is ${Sum}, and shipped.json says ${sum}`);
    }
    files.forEach(file => writeFileSync(join(output, 'crds', basename(file)), readFileSync(join(Dir, file))));
  }
}

function build(part: Part): void {
  // a build that is cut off leaves nothing under the final name
  const output = `${part.directory}.partial-${process.pid}`;
  mkdirSync(output, { recursive: true });
  try {
    go(part, 'build', '-trimpath', '-tags', TAGS, '-ldflags', linkerFlags(part), '-o', `${output}/`, 'tool');
    if (part === Part.CRDS) {
      generateCrds(part, output);
      copyShippedCrds(part, output);
    }
    renameSync(output, part.directory);
  } catch (error) {
    rmSync(output, { recursive: true, force: true });
    // another run may have finished the same part first
    if (!part.installed) {
      throw error;
    }
  }
}

/** Builds what is not in the cache yet; says one line a part. */
export function install(log: (line: string) => void = console.log, parts: readonly Part[] = Part.all()): void {
  for (const part of parts) {
    if (part.installed) {
      log(`${part.name}: there`);
      continue;
    }
    requireGo();
    const started = Date.now();
    build(part);
    log(`${part.name}: built in ${Math.round((Date.now() - started) / 1000)} s`);
  }
}

if (require.main === module) {
  install();
}
