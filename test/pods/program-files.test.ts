import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { programFiles } from '../../lib/pods';
import { PROJECT } from '../dist/project-copy';
import { temporaryFolders } from '../kustomize/folders';

const temporaryFolder = temporaryFolders();

function folderWith(files: { readonly [name: string]: string }): string {
  const folder = temporaryFolder();
  mkdirSync(`${folder}/program`);
  Object.entries(files).forEach(([name, text]) => writeFileSync(`${folder}/${name}`, text));
  return folder;
}

test('are the files of the workload, byte for byte, and what they share', () => {
  const folder = folderWith({ 'program/main.py': 'print("ä")\n', 'program/notes.txt': '', 'contract.json': '{}\n' });
  const files = programFiles(folder, ['contract.json'], ['words.py']);
  expect(files).toEqual({
    'contract.json': '{}\n', 'main.py': 'print("ä")\n', 'words.py': readFileSync(`${PROJECT}/lib/workloads/shared/words.py`, 'utf8'),
  });
  expect(Object.keys(files)).toEqual(Object.keys(files).sort());
});

test('two of one name are refused: they would be one file in the container', () => {
  expect(() => programFiles(folderWith({ 'program/words.py': '' }), [], ['words.py'])).toThrow('have one name');
});

test('one that is missing stops the synthesis', () => {
  expect(() => programFiles(folderWith({}), ['contract.json'], [])).toThrow(/ENOENT.*contract\.json/);
});

test('every program of the library can stand in a manifest as it is', () => {
  const programs = (readdirSync(`${PROJECT}/lib`, { recursive: true }) as string[]).filter(name => name.endsWith('.py'));
  expect(programs).toEqual(expect.arrayContaining(['serving/program/drain.py', 'serving/program/weights_check.py']));
  for (const name of programs) {
    const source = readFileSync(`${PROJECT}/lib/${name}`, 'utf8');
    expect(source).toMatch(/^[^\s].*\n$/s);
    expect(source).not.toMatch(/[\r\t\u2028\ufeff]/);
  }
});
