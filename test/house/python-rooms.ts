import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SERVER_PROGRAMS } from '../../lib/serving/server-programs';
import { PROJECT, Sources } from './sources';

const SHARED = 'lib/workloads/shared';
/** What reads the contract of a program; every program with a contract has it. */
const OF_CONTRACTS = ['contract', 'exits'];

/** Modules of Python's own library that the programs may load; the images carry it whole. */
const STANDARD = new Set([
  'argparse', 'array', 'asyncio', 'base64', 'bisect', 'collections', 'concurrent', 'contextlib', 'csv', 'dataclasses', 'email', 'enum', 'errno', 'fcntl',
  'functools', 'hashlib', 'hmac', 'html', 'http', 'io', 'itertools', 'json', 'logging', 'math', 'os', 'random', 're', 'secrets', 'shutil', 'signal', 'socket', 'ssl',
  'statistics', 'string', 'subprocess', 'sys', 'tempfile', 'threading', 'time', 'types', 'typing', 'unicodedata', 'urllib', 'uuid',
]);

/** Packages by the image that a workload's programs are mounted on; each is pinned in test/rig/python/requirements. */
const PACKAGES: { readonly [image: string]: { readonly [module: string]: string } } = {
  'gradio-app': { fastapi: 'fastapi', gradio: 'gradio', httpx: 'httpx', starlette: 'starlette', uvicorn: 'uvicorn' },
  locust: { flask: 'flask', flask_login: 'flask-login', gevent: 'gevent', locust: 'locust' },
  'vllm-openai': { aiohttp: 'aiohttp', certifi: 'certifi', google: 'google-cloud-storage', google_crc32c: 'google-crc32c', requests: 'requests' },
  none: {},
};

/** The server's own programs run before and beside vLLM, and need nothing but Python. */
const IMAGE_OF: { readonly [folder: string]: string } = {
  'lib/serving': 'none', 'lib/workloads/gradio-chat': 'gradio-app', 'lib/workloads/load-test': 'locust', [SHARED]: 'vllm-openai',
};

/** Folder of the workload that a program belongs to. */
function workloadOf(file: string): string {
  return file.startsWith(`${SHARED}/`) ? SHARED : dirname(dirname(file));
}

function packagesOf(workload: string): { readonly [module: string]: string } {
  return PACKAGES[IMAGE_OF[workload] ?? 'vllm-openai'];
}

/** Modules that a file loads: the first part of their names. */
export function modulesOf(text: string): string[] {
  return [...text.matchAll(/^\s*(?:from ([\w.]+) import|import ([\w.]+(?:\s*,\s*[\w.]+)*))/gm)]
    .flatMap(([, from, names]) => (from ?? names).split(',').map(name => name.trim().split('.')[0]));
}

/** `file -> module that it may not load` */
export function wrongModules(sources: Sources): string[] {
  const names = [...sources.keys()];
  const modulesIn = (folder: string) => names.filter(name => workloadOf(name) === folder).map(name => basename(name, '.py'));
  return names.flatMap((file) => {
    const workload = workloadOf(file);
    const shared = workload === SHARED ? [] : sharedOf(workload).map(name => basename(name, '.py'));
    const known = new Set([...modulesIn(workload), ...shared, ...Object.keys(packagesOf(workload)), ...STANDARD]);
    return modulesOf(sources.get(file)!).filter(name => !known.has(name)).map(name => `${file} -> ${name}`);
  });
}

/** Shared files that a workload mounts. */
function sharedOf(workload: string): string[] {
  if (workload === 'lib/serving') {
    return Object.keys(SERVER_PROGRAMS.data);
  }
  const { shared } = JSON.parse(readFileSync(join(PROJECT, workload, 'contract.json'), 'utf8')) as { shared: string[] };
  return [...OF_CONTRACTS, ...shared];
}

/** `workload: shared file that none of its programs loads` */
export function idleShared(sources: Sources): string[] {
  const workloads = new Set([...sources.keys()].map(workloadOf).filter(workload => workload.startsWith('lib/workloads/') && workload !== SHARED));
  return [...workloads].flatMap((workload) => {
    const shared = sharedOf(workload).filter(name => name.endsWith('.py'));
    const texts = [...sources].filter(([file]) => workloadOf(file) === workload || shared.includes(basename(file))).map(([, text]) => text);
    const loaded = new Set(texts.flatMap(modulesOf));
    return shared.filter(name => !loaded.has(basename(name, '.py'))).map(name => `${workload}: ${name}`);
  });
}

/** `image: package that its requirements do not pin` */
export function unpinnedPackages(): string[] {
  return Object.entries(PACKAGES).filter(([image]) => image !== 'none').flatMap(([image, packages]) => {
    const requirements = readFileSync(join(PROJECT, 'test/rig/python/requirements', `${image}.txt`), 'utf8').toLowerCase();
    return Object.values(packages).filter(name => !new RegExp(`^${name}==`, 'm').test(requirements)).map(name => `${image}: ${name}`);
  });
}
