import { ApiObject, Chart } from 'cdk8s';
import { IConstruct } from 'constructs';
import { Refusal } from '../common/refusal';
import { sharedFilesOf } from '../common/shared-files';
import { KustomizeUnit } from './kustomize-unit';
import { annotated, fileNameOf, kustomizationOf, Manifest, manifestOf } from './manifests/manifest';
import { checkCell, checkManifest, checkSize } from './manifests/manifest-checks';
import { toYaml } from './manifests/yaml-writer';
import { FileTree } from './output/file-tree';
import { ProgramFolders } from './program-folders';

interface Rendered {
  readonly manifest: Manifest;
  /** What the unit's kustomization names. */
  readonly entry: string;
}

/** The files of all units. It keeps no construct, so that those which are rendered can go. */
export class RenderedUnits {
  private readonly written = new Map<string, Buffer>();
  private readonly programs = new ProgramFolders(this.written);
  private readonly cells = new Set<string>();
  /** Who made an object. What is rendered together is applied to one cluster, cell after cell. */
  private readonly objects = new Map<string, string>();

  /** Content by path below the output folder. */
  get files(): FileTree {
    return this.written;
  }

  /**
   * Renders and checks the objects of whole cells.
   *
   * @throws on what a check refuses, with the object and its folder
   */
  add(constructs: readonly IConstruct[]): void {
    validate(constructs);
    const units = unitsOf(constructs);
    for (const [name, members] of cellsOf(units.keys())) {
      if (this.cells.has(name)) {
        throw new Refusal(`KustomizeApp: unit '${members[0].node.path}' is of cell ${name}, which was rendered before it was made. `
          + 'Make all units of a cell in one call of addLater');
      }
      this.cells.add(name);
      this.addCell(name, members, units);
    }
  }

  private addCell(name: string, members: readonly KustomizeUnit[], units: ReadonlyMap<KustomizeUnit, readonly ApiObject[]>): void {
    const files = new Map<string, string>();
    const manifests: Manifest[] = [];
    for (const unit of members) {
      const rendered = units.get(unit)!.map(object => this.addObject(object, unit, files));
      if (rendered.length === 0) {
        throw new Refusal(`KustomizeApp: unit ${unit.folder} has no objects, which kubectl refuses. Leave the unit out`);
      }
      this.write(`${unit.folder}/kustomization.yaml`, kustomizationOf(rendered.map(({ entry }) => entry).sort()));
      manifests.push(...rendered.map(({ manifest }) => manifest));
    }
    explaining(() => checkCell(manifests), `${name}: `);
    const applied = members.filter(unit => unit.unit !== undefined && unit.applyWithCell).map(unit => unit.unit!);
    if (applied.length > 0) {
      this.write(`${name}/kustomization.yaml`, kustomizationOf(applied.sort()));
    }
  }

  /** Adds the object's file and returns what is in it. `files` knows who took a file of the cell before. */
  private addObject(object: ApiObject, unit: KustomizeUnit, files: Map<string, string>): Rendered {
    return explaining(() => {
      const whole = manifestOf(object);
      const shared = sharedFilesOf(object);
      const overlaid = shared && ProgramFolders.holds(whole, shared) ? shared : undefined;
      const known = overlaid && this.programs.sizeOf(overlaid);
      const manifest = annotated(known === undefined ? whole : { ...whole, data: {} }, unit.annotations);
      const yaml = toYaml(manifest);
      checkManifest(manifest, yaml);
      checkSize(manifest, yaml, known);
      const name = fileNameOf(manifest);
      claim(this.objects, identityOf(manifest), object.node.path, 'the same object, and the second would overwrite the first when applied',
        'Rename one (metadata.name), give it another namespace, or write what is for another cluster by a KustomizeApp of its own');
      claim(files, `${unit.folder}/${name}`, object.node.path, `the same file ${name}`, 'Rename one (metadata.name)');
      if (overlaid) {
        return { manifest, entry: this.programs.add(manifest, overlaid, unit.folder) };
      }
      this.write(`${unit.folder}/${name}`, yaml);
      return { manifest, entry: name };
    }, `${object.kind} '${object.name}' in ${unit.folder}: `);
  }

  private write(file: string, text: string): void {
    this.written.set(file, Buffer.from(text));
  }
}

/** What constructs check by `node.addValidation`, as `App.synth` does it. */
function validate(constructs: readonly IConstruct[]): void {
  const errors = constructs.flatMap(({ node }) => node.validate().map(error => `[${node.path}] ${error}`));
  if (errors.length > 0) {
    throw new Refusal(`KustomizeApp: ${errors.length} of the constructs' own checks failed\n  ${errors.join('\n  ')}`);
  }
}

/** The objects of each unit, in the order in which they were made. */
function unitsOf(constructs: readonly IConstruct[]): Map<KustomizeUnit, ApiObject[]> {
  const units = new Map<Chart, ApiObject[]>();
  for (const construct of constructs) {
    if (KustomizeUnit.isUnit(construct)) {
      units.set(construct, []);
    } else if (Chart.isChart(construct)) {
      throw new Refusal(`KustomizeApp: chart '${construct.node.path}' is no KustomizeUnit, so its objects have no folder. Make it one`);
    } else if (ApiObject.isApiObject(construct)) {
      units.get(construct.chart)!.push(construct);
    }
  }
  return units as Map<KustomizeUnit, ApiObject[]>;
}

function cellsOf(units: Iterable<KustomizeUnit>): Map<string, KustomizeUnit[]> {
  const cells = new Map<string, KustomizeUnit[]>();
  const folders = new Map<string, KustomizeUnit>();
  for (const unit of units) {
    const other = folders.get(unit.folder) ?? (unit.unit === undefined ? cells.get(unit.cell)?.[0] : folders.get(unit.cell));
    if (other) {
      throw new Refusal(`KustomizeApp: units '${other.node.path}' (${other.folder}) and '${unit.node.path}' (${unit.folder}) need the same `
        + 'kustomization.yaml. Give each a cell and unit of its own; a cell has either units or objects of its own');
    }
    folders.set(unit.folder, unit);
    cells.set(unit.cell, cells.get(unit.cell) ?? []);
    cells.get(unit.cell)!.push(unit);
  }
  return cells;
}

function claim(owners: Map<string, string>, thing: string, owner: string, what: string, fix: string): void {
  const other = owners.get(thing);
  if (other !== undefined) {
    throw new Refusal(`'${owner}' and '${other}' are ${what}. ${fix}`);
  }
  owners.set(thing, owner);
}

/** Two versions of one API group are the same object. */
function identityOf({ apiVersion, kind, metadata }: Manifest): string {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  return [group, kind, metadata.namespace, metadata.name].join(' ');
}

/** Adds the place to what cdk8s, a file system or a check says of the input. Errors of the language are bugs, and stay what they are. */
export function explaining<Result>(work: () => Result, where = ''): Result {
  try {
    return work();
  } catch (error) {
    const isBug = [TypeError, RangeError, ReferenceError, SyntaxError].some(type => error instanceof type);
    throw isBug ? error : new Refusal(`KustomizeApp: ${where}${(error as Error).message}`, { cause: error });
  }
}
