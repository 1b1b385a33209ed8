import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProgramArgument, ProgramContract } from '../../lib/pods/contract';
import { code, table } from './markdown';

/** A contract, also of a program that reads a file of settings. */
type Described = ProgramContract & { readonly settings?: ProgramContract['arguments'] };

const WORKLOADS = join(__dirname, '../../lib/workloads');
const CODES = JSON.parse(readFileSync(join(WORKLOADS, 'shared/exits.json'), 'utf8')) as { readonly [name: string]: number };

/** Every program that has a contract, by its folder. */
function contracts(): [string, Described][] {
  const folders = readdirSync(WORKLOADS, { withFileTypes: true }).filter(entry => entry.isDirectory()).map(({ name }) => name).sort();
  return folders
    .filter(folder => readdirSync(join(WORKLOADS, folder)).includes('contract.json'))
    .map(folder => [folder, JSON.parse(readFileSync(join(WORKLOADS, folder, 'contract.json'), 'utf8')) as Described]);
}

/** What each program is called with and ends with. */
export function programSections(): string {
  return contracts().map(([folder, contract]) => section(folder, contract)).join('\n\n');
}

function section(folder: string, contract: Described): string {
  const commands = Object.entries(contract.commands ?? {});
  return [
    `## ${contract.name}`,
    `${contract.description}\n\nSource: [lib/workloads/${folder}](../lib/workloads/${folder}).`,
    ...commands.length > 0 ? [table(['command', 'what it does'], commands.map(([name, text]) => [code(name), text]))] : [],
    argumentTable(contract, commands.length > 0),
    ...contract.settings === undefined ? [] : [
      'The file of `--settings` is JSON, which the construct writes. A dot stands between an object and what is in it.',
      settingsTable(contract.settings),
    ],
    table(
      ['exit', 'meaning', 'is another try of use?'],
      [
        ['0', 'Done.', ''],
        ...Object.entries(contract.exits).map(([name, { meaning, final }]) => [`${CODES[name]} ${code(name)}`, meaning, final ? 'no' : 'yes']),
      ],
    ),
  ].join('\n\n');
}

function argumentTable(contract: ProgramContract, withCommands: boolean): string {
  return table(
    ['argument', 'what it is', 'default', 'allowed', ...withCommands ? ['commands'] : []],
    Object.entries(contract.arguments).map(([name, argument]) => [
      spelled(name, argument), argument.help, usual(argument), allowed(argument),
      ...withCommands ? [argument.commands?.map(code).join(', ') ?? 'all'] : [],
    ]),
  );
}

function settingsTable(settings: ProgramContract['arguments']): string {
  return table(['setting', 'what it is', 'default', 'allowed'], Object.entries(settings).map(([name, setting]) => [
    code(name), setting.help, usual(setting), setting.type === 'flag' ? 'true or false' : allowed(setting),
  ]));
}

function spelled(name: string, { positional, type, metavar }: ProgramArgument): string {
  if (positional) {
    return code(name.toUpperCase());
  }
  return code(type === 'flag' ? `--${name}` : `--${name}=${metavar ?? name.split('-').at(-1)!.toUpperCase()}`);
}

function usual({ positional, required, default: value }: ProgramArgument): string {
  if (positional || required) {
    return 'must be given';
  }
  return value === undefined ? 'none' : value === '' ? 'empty' : code(`${value}`);
}

function allowed({ type, least, most, above, form, pattern }: ProgramArgument): string {
  if (type === 'flag') {
    return 'no value';
  }
  if (type === 'string') {
    return form ?? (pattern === undefined ? 'text' : code(pattern));
  }
  const kind = type === 'integer' ? 'whole number' : 'number';
  if (least !== undefined) {
    return most === undefined ? `${kind} of at least ${least}` : `${kind} from ${least} to ${most}`;
  }
  return [kind, [...above === undefined ? [] : [`above ${above}`], ...most === undefined ? [] : [`at most ${most}`]].join(' and ')].join(' ').trim();
}
