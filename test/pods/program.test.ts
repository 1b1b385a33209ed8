import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { program } from '../../lib/pods';
import { PROJECT } from '../dist/project-copy';
import { temporaryFolders } from '../kustomize/folders';

const temporaryFolder = temporaryFolders();

test('is the file beside the construct, byte for byte', () => {
  const folder = temporaryFolder();
  writeFileSync(`${folder}/hello.py`, 'print("ä")\n');
  expect(program(folder, 'hello.py')).toEqual({ fileName: 'hello.py', source: 'print("ä")\n' });
});

test('a program that is missing stops the synthesis', () => {
  expect(() => program(temporaryFolder(), 'hello.py')).toThrow(/ENOENT.*hello\.py/);
});

test('every program of the library can stand in a manifest as it is', () => {
  const programs = (readdirSync(`${PROJECT}/lib`, { recursive: true }) as string[]).filter(name => name.endsWith('.py'));
  expect(programs.sort()).toEqual(expect.arrayContaining(['serving/vllm_server_drain.py', 'weights/weights_check.py']));
  for (const name of programs) {
    const source = readFileSync(`${PROJECT}/lib/${name}`, 'utf8');
    expect(source).toMatch(/^[^\s].*\n$/s);
    expect(source).not.toMatch(/[\r\t\u2028\ufeff]/);
  }
});
