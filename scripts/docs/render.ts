import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { settingsTable } from '../../apps/settings';
import { accessTable } from './access';
import { BlockMakers, withBlocks } from './blocks';
import { cellTable, impossibleCellTable } from './cells';
import { ExampleProject, PROJECT } from './example';
import { acceleratorTable, alertTable, compatibilityTable, modelTable, terraformOutputTable, terraformVariableTable } from './facts';
import { helpOf } from './help';
import { fenced } from './markdown';
import { contents, navigation, pages, textOf } from './pages';
import { programSections } from './programs';
import { house, pictureOf, tableOf } from './rooms';

const LANGUAGES: { readonly [extension: string]: string } = { '.ts': 'ts', '.yaml': 'yaml', '.json': 'json', '.py': 'python' };

/** Every page with its blocks made again, by its path. */
export function renderPages(): Map<string, string> {
  const examples = new ExampleProject();
  try {
    return new Map(pages().map(page => [page, withBlocks(page, textOf(page), makersFor(page, examples))]));
  } finally {
    examples.remove();
  }
}

function makersFor(page: string, examples: ExampleProject): BlockMakers {
  return {
    accelerators: acceleratorTable,
    access: accessTable,
    alerts: alertTable,
    cells: cellTable,
    compatibility: compatibilityTable,
    contents: () => contents(page),
    file: path => fenced(LANGUAGES[extname(path!)] ?? '', readFileSync(join(PROJECT, path!), 'utf8')),
    help: command => fenced('', helpOf(command)),
    impossible: impossibleCellTable,
    models: modelTable,
    navigation: () => navigation(page),
    output: example => fenced('', examples.run(example!)),
    picture: () => pictureOf(house()),
    programs: programSections,
    rooms: () => tableOf(house()),
    settings: settingsTable,
    terraformoutputs: terraformOutputTable,
    terraformvariables: terraformVariableTable,
  };
}
