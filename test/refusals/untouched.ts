import fs from 'node:fs';
import { k8s } from 'cdk8s-plus-28';
import { KustomizeApp, Refusal } from '../../lib';
import { contentOf, stampsOf } from '../kustomize/folders';
import { Program, unitOf } from './case';

const WRITING = [
  'appendFileSync', 'chmodSync', 'copyFileSync', 'cpSync', 'linkSync', 'mkdirSync', 'renameSync', 'rmSync', 'rmdirSync', 'symlinkSync',
  'truncateSync', 'unlinkSync', 'writeFileSync', 'writeSync',
] as const;

/** A folder with the output of an earlier, good run. */
export function fillOutput(root: string): void {
  const app = new KustomizeApp({ root });
  new k8s.KubeConfigMap(unitOf(app), 'good', { metadata: { name: 'good' }, data: { a: '1' } });
  app.addFolder('dist/report', new Map([['cells.json', '[]\n']]));
  app.synth();
}

/** The message that a program is refused with. Fails when it is not, and when a byte was written anywhere meanwhile. */
export function refusalOf(root: string, program: Program): string {
  const before = [contentOf(root), stampsOf(root)];
  const writes = WRITING.map(name => jest.spyOn(fs, name));
  try {
    const message = messageOf(root, program);
    expect(writes.flatMap(spy => spy.mock.calls.map(call => `write ${String(call[0])}`))).toEqual([]);
    expect([contentOf(root), stampsOf(root)]).toEqual(before);
    return message;
  } finally {
    writes.forEach(spy => spy.mockRestore());
  }
}

function messageOf(root: string, program: Program): string {
  const app = new KustomizeApp({ root });
  app.addFolder('dist/report', new Map([['cells.json', '[1]\n']]));
  try {
    program(app);
    app.synth();
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal);
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}
