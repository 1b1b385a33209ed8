import { idleShared, modulesOf, unpinnedPackages, wrongModules } from './python-rooms';
import { pythonIn, Sources } from './sources';

const PROGRAMS = pythonIn('lib');

/** The house with one more file. */
function planted(file: string, text: string): Sources {
  return new Map([...PROGRAMS, [file, text]]);
}

test('a program loads what is in its folder, what its contract shares, Python\'s own library and the packages of its image', () => {
  expect(PROGRAMS.size).toBeGreaterThan(25);
  expect(wrongModules(PROGRAMS)).toEqual([]);
});

test.each([
  ['lib/workloads/gradio-chat/program/x.py', 'import locust', 'locust'],
  ['lib/workloads/load-test/program/x.py', 'from words import amount', 'words'],
  ['lib/workloads/batch-inference/program/x.py', 'def f():\n    from hub import Hub', 'hub'],
  ['lib/workloads/weights-loader/program/x.py', 'import os, torch', 'torch'],
  ['lib/workloads/shared/x.py', 'from journal import Journal', 'journal'],
  ['lib/serving/program/x.py', 'import requests', 'requests'],
])('a planted %s with %j is found', (file, text, name) => {
  expect(wrongModules(planted(file, text)).filter(line => line.startsWith(`${file} `))).toEqual([`${file} -> ${name}`]);
});

test('imports are found wherever they stand', () => {
  expect(modulesOf('import a.b, c\nfrom d.e import (\n  f,\n)\ndef g():\n    import h\n"from i to j"\n')).toEqual(['a', 'c', 'd', 'h']);
});

test('a contract shares nothing that no program loads', () => {
  expect(idleShared(PROGRAMS)).toEqual([]);
  const unused = new Map([...PROGRAMS].map(([file, text]) => [file, text.replace(/^from words import .*$/gm, '')]));
  expect(idleShared(unused)).toContain('lib/workloads/weights-hydration: words.py');
});

test('every package is pinned for its image', () => {
  expect(unpinnedPackages()).toEqual([]);
});
