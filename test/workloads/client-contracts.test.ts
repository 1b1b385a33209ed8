import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BatchInference, GradioChat, ModelEvaluation, ProgramImage } from '../../lib';
import { ProgramContract } from '../../lib/pods/contract';
import { PROJECT } from '../dist/project-copy';
import { objectOf, server, unit } from '../serving/rendered';

const CODES = JSON.parse(readFileSync(join(PROJECT, 'lib/workloads/shared/exits.json'), 'utf8')) as { readonly [name: string]: number };
const IMAGES: readonly ProgramImage[] = [GradioChat.programImage(), BatchInference.programImage(), ModelEvaluation.programImage()];

interface Exits {
  /** What the programs import from exits.py. */
  readonly named: readonly string[];
  /** Codes that are typed as numbers. */
  readonly typed: readonly string[];
}

function exitsOf(programs: { readonly [fileName: string]: string }): Exits {
  const sources = Object.entries(programs).filter(([name]) => name.endsWith('.py') && name !== 'exits.py').map(([, source]) => source);
  const imported = sources.flatMap(source => /^from exits import (.+)$/m.exec(source)?.[1].split(', ') ?? []);
  return {
    named: [...new Set(imported)].filter(name => name !== 'EXITS').sort(),
    typed: sources.flatMap(source => [...source.matchAll(/\b(?:exit\(|code(?:: int)? = |code, \w+ = )([1-9]\d*)/g)].map(([text]) => text)),
  };
}

function contractOf({ programs }: ProgramImage): ProgramContract {
  return JSON.parse(programs['contract.json']) as ProgramContract;
}

function finalCodesOf({ exits }: ProgramContract): number[] {
  return Object.entries(exits).filter(([, { final }]) => final).map(([name]) => CODES[name]).sort((a, b) => a - b);
}

test.each(IMAGES.map(image => [image.name, image] as const))('the programs of %s end as their contract says, and in no other way', (_, image) => {
  expect(exitsOf(image.programs)).toEqual({ named: Object.keys(contractOf(image).exits).sort(), typed: [] });
});

test('a planted exit code is found, by name and as a number', () => {
  const planted = { ...IMAGES[1].programs, 'planted.py': 'from exits import SOFTWARE\n\nsys.exit(75)\ncode: int = 70\n' };
  const { named, typed } = exitsOf(planted);
  expect(named).toContain('SOFTWARE');
  expect(typed).toEqual(['exit(75', 'code: int = 70']);
});

test('every exit code has its name in Python', () => {
  const names = [...IMAGES[0].programs['exits.py'].matchAll(/^([A-Z_]+) = EXITS\["\1"\]$/gm)].map(([, name]) => name);
  expect(names).toEqual(Object.keys(CODES));
});

test('the Jobs give up at the exits that are final, and at no others', () => {
  const scope = unit();
  const batch = new BatchInference(scope, 'batch', { server: server(scope), bucket: 'my-data', input: 'in/input.jsonl', output: 'output' });
  const evaluated = unit('vllm', 'evaluation');
  new ModelEvaluation(evaluated, 'evaluation', { batch, labels: 'in/labels.jsonl' });
  for (const [chart, image] of [[scope, IMAGES[1]], [evaluated, IMAGES[2]]] as const) {
    const { rules } = objectOf(chart, 'Job').spec.podFailurePolicy;
    const codes = rules.flatMap(({ onExitCodes }: { onExitCodes?: { values: number[] } }) => onExitCodes?.values ?? []);
    expect(codes.sort((a: number, b: number) => a - b)).toEqual(finalCodesOf(contractOf(image)));
  }
});
