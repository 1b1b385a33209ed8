import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import exits from '../../lib/workloads/shared/exits.json';
import { ProgramContract } from '../../lib/pods';
import { programFolder } from '../rig/program-folder';
import { programSets } from '../rig/program-sets';
import { imagePython } from '../rig/python/environment';

const CODES: { readonly [name: string]: number } = exits;

describe.each(programSets().filter(({ files }) => 'main.py' in files).map(set => [set.name, set] as const))('%s', (_, { image, files }) => {
  const contract = JSON.parse(files['contract.json']) as ProgramContract;
  const commands = Object.keys(contract.commands ?? {});
  const folder = programFolder(files);
  const run = (...args: string[]) => spawnSync(imagePython(image), [join(folder, 'main.py'), ...args], {
    // so wide that no sentence is broken
    encoding: 'utf8', env: { PATH: '/usr/bin:/bin', PYTHONDONTWRITEBYTECODE: '1', COLUMNS: '1000' },
  });

  test('--help prints every argument and every exit', () => {
    const helps = (commands.length > 0 ? commands.map(command => [command, '--help']) : [['--help']]).map(args => run(...args));
    expect(helps.map(({ status, stderr }) => ({ status, stderr }))).toEqual(helps.map(() => ({ status: 0, stderr: '' })));
    const help = helps.map(({ stdout }) => stdout).join('\n');
    const missing = Object.entries(contract.arguments).filter(([name, { positional, help: text }]) =>
      !new RegExp(positional ? `^ +${name.toUpperCase()} ` : `^ +--${name} `, 'm').test(help) || !help.includes(text));
    expect(missing.map(([name]) => name)).toEqual([]);
    expect(Object.entries(contract.exits).filter(([name, { meaning }]) => !help.includes(` ${CODES[name]}  ${meaning}\n`))).toEqual([]);
  });

  test('--help names the commands, and every exit', () => {
    const { status, stdout } = run('--help');
    expect({ status, lacks: commands.filter(command => !stdout.includes(contract.commands![command])) }).toEqual({ status: 0, lacks: [] });
    expect(stdout).toContain('exit codes:\n    0  done\n');
  });

  test('what it does not know is wrong usage, and said without a traceback', () => {
    const { status, stderr } = run('--nonsense');
    expect({ status, traceback: stderr.includes('Traceback') }).toEqual({ status: exits.USAGE, traceback: false });
    expect(stderr).toMatch(new RegExp(`^${contract.name}: .*\nusage: ${contract.name}`));
  });
});
