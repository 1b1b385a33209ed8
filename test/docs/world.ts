import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { exampleNames, ExampleProject, PROJECT } from '../../scripts/docs/example';

export interface Thing {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: { readonly [name: string]: string } };
  readonly spec?: unknown;
}

/** What the commands of the docs can name: files of the project, and the folders and objects that it and the examples make. */
export class World {
  /** The objects of the committed manifests and of those that the examples write. */
  readonly objects: readonly Thing[];
  private readonly made: ReadonlySet<string>;

  private constructor(objects: Thing[], made: string[]) {
    this.objects = objects;
    this.made = new Set(made);
  }

  static make(): World {
    const objects = objectsIn(join(PROJECT, 'dist/kustomize'));
    const made: string[] = [];
    for (const name of exampleNames()) {
      // Each in a project of its own: what one writes would replace what another has written.
      const project = new ExampleProject();
      try {
        project.run(name);
        if (project.manifests !== undefined) {
          objects.push(...objectsIn(project.manifests));
          made.push(...filesBelow(project.manifests).map(file => `dist/kustomize/${file}`));
        }
      } finally {
        project.remove();
      }
    }
    return new World(objects, made);
  }

  /** Whether a file or folder is there; words in capitals stand for any name. */
  has(path: string): boolean {
    const clean = path.replace(/\/$/, '');
    if (/(?:^|\/)[A-Z]{2,}(?:\/|$)/.test(clean)) {
      const pattern = new RegExp(`^${clean.split('/').map(part => /^[A-Z]{2,}$/.test(part) ? '[^/]+' : escaped(part)).join('/')}(?:/|$)`);
      return [...this.made, ...filesBelow(join(PROJECT, 'dist')).map(file => `dist/${file}`)].some(file => pattern.test(file));
    }
    return existsSync(join(PROJECT, clean)) || [...this.made].some(file => file === clean || file.startsWith(`${clean}/`));
  }

  isKustomization(folder: string): boolean {
    return this.has(`${folder}/kustomization.yaml`);
  }

  find(kind: string, test: (thing: Thing) => boolean): Thing | undefined {
    return this.objects.find(thing => thing.kind.toLowerCase() === kind.toLowerCase() && test(thing));
  }
}

function objectsIn(folder: string): Thing[] {
  return filesBelow(folder).filter(file => file.endsWith('.yaml') && !/(?:^|\/)(?:kustomization|cloudbuild)\.yaml$/.test(file))
    .flatMap(file => parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map(document => document.toJS() as Thing));
}

function filesBelow(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[]).map(name => join(folder, name))
    .filter(file => statSync(file).isFile()).map(file => relative(folder, file).split(sep).join('/'));
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
