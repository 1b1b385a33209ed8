import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseEnv } from 'node:util';
import { Capacity, VllmRelease } from '../lib/catalog';
import { GoogleApis, requireGoogleApis } from '../lib/common/google-apis';
import { requireImageRegistry } from '../lib/common/image-registry';
import { Refusal } from '../lib/common/refusal';
import { Region } from '../lib/common/region';
import { UPGRADE_VARIABLE } from '../lib/common/upgrade-run';

const PREFIX = 'CDK8S_VLLM_';

/** Where the tests keep what they build, and what `npx cdk8s-vllm upgrade` tells the library; no settings of ours. */
const FOREIGN = ['CDK8S_VLLM_CACHE', UPGRADE_VARIABLE];

interface Setting<T> {
  /** As it is written in the environment; empty: it is not set. */
  readonly default: string;
  /** What a table shows for an empty default. */
  readonly unset?: string;
  /** @param variable name in the environment, for refusals */
  parse(text: string, variable: string): T;
  /** The value as it is written in the environment. */
  text(value: T): string;
  readonly doc: string;
}

const PROFILES = ['development', 'production'] as const;
type Profile = (typeof PROFILES)[number];

const SERVED_BY: readonly Capacity[] = ['on-demand', 'spot', 'flex-start', 'reservation'];

const written = (doc: string, value: string): Setting<string> => ({ default: value, doc, parse: text => text, text: value => value });

/**
 * What differs between two installations. Each is an environment variable, or a line of `.env`: `CDK8S_VLLM_BUCKET=my-models`. Reading,
 * writing back and the table of the documentation follow from this one.
 */
const SETTINGS = {
  namespace: written('namespace of everything but the metrics adapter', 'vllm'),
  bucket: written('Cloud Storage bucket that holds the weights', 'vllm-models'),
  region: {
    ...written('decides the zones of disks, and which accelerators there are', 'us-central1'),
    parse: (text, variable) => Region.of(text, `settings: ${variable}`).name,
  },
  maxNodes: {
    default: '5', doc: 'the most nodes of each pool; autoscalers stay below it', parse: atLeastOne, text: String,
  },
  release: {
    default: VllmRelease.DEFAULT.version, doc: `vLLM: ${listed(VllmRelease.all().map(({ version }) => version))}`,
    parse: text => VllmRelease.of(text), text: ({ version, digest }) => digest === undefined ? version : `${version}@${digest}`,
  },
  profile: {
    default: 'development',
    doc: `${listed(PROFILES)}, which takes vLLM only with its digest: \`${VllmRelease.DEFAULT.version}@sha256:…\``,
    parse: parseProfile, text: String,
  },
  googleApis: {
    default: 'private', doc: 'addresses of Google\'s APIs for pods: `private` or `restricted`, to which our network leads, or `internet`',
    parse: (text, variable) => requireGoogleApis(`settings: ${variable}`, text), text: apis => apis,
  },
  capacity: {
    default: '', unset: 'as it is sold', parse: parseCapacity, text: capacity => capacity ?? '',
    doc: 'how GPU machines come: `on-demand`, `spot`, `flex-start` or `reservation`; as it is sold: on demand, else flex-start',
  },
  reservation: {
    default: '', unset: 'none', doc: 'name of the reservation, with capacity `reservation`', parse: text => text || undefined,
    text: reservation => reservation ?? '',
  },
  imageRegistry: {
    default: '', unset: 'the public ones', doc: 'registry that all images are taken from, with their paths below it: [which ones](platform.md#images)',
    parse: (text, variable) => text === '' ? undefined : requireImageRegistry(`settings: ${variable}`, text), text: registry => registry ?? '',
  },
  stateBucket: {
    default: '', unset: 'none', doc: 'bucket that keeps Terraform\'s state; none: a file beside the Terraform JSON',
    parse: text => text || undefined, text: bucket => bucket ?? '',
  },
  cells: { default: '', unset: 'all', doc: 'the cells to write, with commas between', parse: list, text: cells => cells?.join(',') ?? '' },
} satisfies {
  namespace: Setting<string>; bucket: Setting<string>; region: Setting<string>; maxNodes: Setting<number>; release: Setting<VllmRelease>;
  profile: Setting<Profile>; googleApis: Setting<GoogleApis>; imageRegistry: Setting<string | undefined>;
  stateBucket: Setting<string | undefined>;
  capacity: Setting<Capacity | undefined>; reservation: Setting<string | undefined>;
  cells: Setting<string[] | undefined>;
};

type Name = keyof typeof SETTINGS;
export type Settings = { readonly [Key in Name]: ReturnType<typeof SETTINGS[Key]['parse']> };

const NAMES = Object.keys(SETTINGS) as Name[];

/**
 * @param envFile read when it exists; the environment wins
 * @throws on a variable of ours that is unknown, and on a value that cannot be
 */
export function readSettings(environment: NodeJS.ProcessEnv, envFile: string): Settings {
  const fromFile = fs.existsSync(envFile) ? readEnvFile(envFile) : {};
  const given = { ...fromFile, ...environment };
  const known = [...NAMES.map(variableOf), ...FOREIGN];
  const unknown = Object.keys(given).find(name => name.startsWith(PREFIX) && !known.includes(name));
  if (unknown !== undefined) {
    throw new Refusal(`settings: ${unknown} is unknown; there are ${NAMES.map(variableOf).join(', ')}`);
  }
  return Object.fromEntries(NAMES.map((name) => {
    const variable = variableOf(name);
    const { parse, default: otherwise }: Setting<unknown> = SETTINGS[name];
    return [name, parse(given[variable] ?? otherwise, variable)];
  })) as Settings;
}

/** The settings as lines of an environment file, those that are not set left out. */
export function environmentOf(settings: Settings): string {
  return NAMES.map((name) => {
    const text = (SETTINGS[name] as Setting<unknown>).text(settings[name]);
    return text === '' ? '' : `${variableOf(name)}=${text}\n`;
  }).join('');
}

/** The table of the settings, in Markdown. */
export function settingsTable(): string {
  const rows = NAMES.map((name) => {
    const { default: value, unset, doc }: Setting<unknown> = SETTINGS[name];
    return `| \`${variableOf(name)}\` | ${unset ?? `\`${value}\``} | ${doc} |`;
  });
  return ['| setting | default | |', '|---|---|---|', ...rows].map(row => `${row}\n`).join('');
}

/** @throws on a line that sets nothing, which node passes over */
function readEnvFile(file: string): NodeJS.Dict<string> {
  // Editors of other systems begin a file with a byte-order mark, which node takes for a part of the first name.
  const text = fs.readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  // What is in quotes may go over lines.
  const lines = text.replace(/=\s*(["'`])[^]*?\1/g, quoted => `=${quoted.replace(/[^\n]/g, '')}`).split('\n');
  const wrong = lines.findIndex(line => !/^\s*(?:#|$)/.test(line) && !line.includes('='));
  if (wrong >= 0) {
    throw new Refusal(`settings: line ${wrong + 1} of ${path.basename(file)} (${text.split('\n')[wrong].trim()}) sets nothing; write NAME=value`);
  }
  return parseEnv(text);
}

/** `maxNodes` as `CDK8S_VLLM_MAX_NODES` */
function variableOf(name: Name): string {
  return PREFIX + name.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase();
}

function atLeastOne(text: string, variable: string): number {
  if (!/^\d+$/.test(text) || Number(text) < 1) {
    throw new Refusal(`settings: ${variable} (${text}) must be a whole number of at least 1`);
  }
  return Number(text);
}

function parseProfile(text: string, variable: string): Profile {
  const profile = PROFILES.find(name => name === text);
  if (profile === undefined) {
    throw new Refusal(`settings: ${variable} (${text}) must be ${listed(PROFILES)}`);
  }
  return profile;
}

function parseCapacity(text: string, variable: string): Capacity | undefined {
  const capacity = SERVED_BY.find(name => name === text);
  if (text !== '' && capacity === undefined) {
    throw new Refusal(`settings: ${variable} (${text}) must be ${listed(SERVED_BY)}`);
  }
  return capacity;
}

function list(text: string): string[] | undefined {
  const entries = text.split(',').map(entry => entry.trim()).filter(entry => entry !== '');
  return entries.length > 0 ? entries : undefined;
}

/** `a, b or c` */
function listed(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
