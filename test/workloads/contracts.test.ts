import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ProgramFiles } from '../../lib/pods';
import { ProgramContract } from '../../lib/pods/contract';
import { programImages } from '../rig/program-sets';

const EXITS = Object.keys(JSON.parse(readFileSync(resolve(__dirname, '../../lib/workloads/shared/exits.json'), 'utf8')) as object);
const IMAGES = programImages().map(image => [image.name, image.programs] as const);

function contractOf(programs: ProgramFiles): ProgramContract {
  return JSON.parse(programs['contract.json']) as ProgramContract;
}

function pythonOf(programs: ProgramFiles): [string, string][] {
  return Object.entries(programs).filter(([name]) => name.endsWith('.py') && name !== 'exits.py');
}

/** Names of exit codes that the programs use. */
function usedExits(programs: ProgramFiles): string[] {
  const sources = pythonOf(programs).map(([, text]) => text);
  const imports = /^from exits import (?:\(([^)]*)\)|(.*))$/gm;
  const imported = sources.flatMap(text => [...text.matchAll(imports)].flatMap(match => (match[1] ?? match[2]).match(/[A-Z_]+/g) ?? []));
  const looked = sources.flatMap(text => [...text.matchAll(/\bEXITS\["([A-Z_]+)"\]/g)].map(match => match[1]));
  return [...new Set([...imported, ...looked])].filter(name => EXITS.includes(name)).sort();
}

/** Places where an exit code is typed as a number. */
function typedExits(programs: ProgramFiles): string[] {
  const typed = new RegExp(`(?:\\b_?exit\\(\\s*[1-9]|^(?:${EXITS.join('|')})(?:\\s*,\\s*[A-Z_]+)*\\s*=)`, 'gm');
  return pythonOf(programs).flatMap(([name, text]) => [...text.matchAll(typed)].map(([found]) => `${name}: ${found}`));
}

describe.each(IMAGES)('%s', (_, programs) => {
  const contract = contractOf(programs);

  test('its contract names every exit that its programs use, and no other', () => {
    // Python itself ends so after an error that nobody catches
    const own = Object.keys(contract.exits).filter(name => name !== 'FAILED');
    expect(own.sort()).toEqual(usedExits(programs).filter(name => name !== 'FAILED'));
    expect(Object.keys(contract.exits).filter(name => !EXITS.includes(name))).toEqual([]);
  });

  test('no program types an exit code', () => {
    expect(typedExits(programs)).toEqual([]);
  });
});

test('exits that are used, and codes that are typed, are found', () => {
  const programs = {
    'a.py': 'from exits import DATA, IO\nfrom exits import (\n    USAGE,\n    TEMPORARY,\n)\nsys.exit(64)\n', 'b.py': 'DATA, NO_INPUT = 65, 66\nos._exit( 75)\n',
    'c.py': 'EXITS["MISSED"]\nsys.exit(DATA)\nsys.exit(0)\n', 'exits.py': 'IO = 1\n',
  };
  expect(usedExits(programs)).toEqual(['DATA', 'IO', 'MISSED', 'TEMPORARY', 'USAGE']);
  expect(typedExits(programs)).toEqual(['a.py: exit(6', 'b.py: DATA, NO_INPUT =', 'b.py: _exit( 7']);
});
