import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import exits from '../../lib/workloads/shared/exits.json';
import { ProgramArgument, ProgramContract } from '../../lib/pods';
import { programFolder } from '../rig/program-folder';
import { programSets } from '../rig/program-sets';
import { imagePython } from '../rig/python/environment';

const CODES: { readonly [name: string]: number } = exits;

/** What a line of --help says of an argument. */
function wordsOf({ help, default: usual, least, above, most }: ProgramArgument): string[] {
  const limits = [['at least', least], ['above', above], ['at most', most], ['default:', usual]] as const;
  return [help, ...limits.flatMap(([word, value]) => value === undefined || value === '' ? [] : [`${word} ${value}`])];
}

describe.each(programSets().filter(({ files }) => 'main.py' in files).map(set => [set.name, set] as const))('%s', (_, { image, files }) => {
  const contract = JSON.parse(files['contract.json']) as ProgramContract;
  const commands = Object.keys(contract.commands ?? {});
  const folder = programFolder(files);
  const run = (...args: string[]) => spawnSync(imagePython(image), [join(folder, 'main.py'), ...args], {
    // so wide that no sentence is broken
    encoding: 'utf8', env: { PATH: '/usr/bin:/bin', PYTHONDONTWRITEBYTECODE: '1', COLUMNS: '10000' },
  });

  // What it does, and every exit, with whatever stands before it.
  test.each([[], ...commands.map(command => [command])].map(before => [[...before, '--help']]))('%j prints what the contract says', (args) => {
    const { status, stdout, stderr } = run(...args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [command] = args.length > 1 ? args : [];
    const said = command === undefined ? [contract.description, ...Object.values(contract.commands ?? {})] : [contract.commands![command]];
    expect(said.filter(text => !stdout.includes(text))).toEqual([]);
    const ends = Object.entries(contract.exits).map(([name, { meaning }]) => ` ${CODES[name]}  ${meaning}\n`);
    expect(['exit codes:\n    0  done\n', ...ends].filter(text => !stdout.includes(text))).toEqual([]);
    // A long name has its help on the next line.
    const lines = stdout.replace(/\n {24}/g, ' ').split('\n').map(line => line.trim());
    for (const [name, rule] of Object.entries(contract.arguments)) {
      const isTaken = command === undefined ? commands.length === 0 : (rule.commands ?? commands).includes(command);
      const line = lines.find(text => text.startsWith(rule.positional ? `${name.toUpperCase()} ` : `--${name} `));
      expect([name, line !== undefined]).toEqual([name, isTaken]);
      expect([name, wordsOf(rule).filter(words => isTaken && !line!.includes(words))]).toEqual([name, []]);
    }
  });

  test('what it does not know is wrong usage, and said without a traceback', () => {
    const { status, stderr } = run('--nonsense');
    expect({ status, traceback: stderr.includes('Traceback') }).toEqual({ status: exits.USAGE, traceback: false });
    expect(stderr).toMatch(new RegExp(`^${contract.name}: .*\nusage: ${contract.name}`));
  });
});
