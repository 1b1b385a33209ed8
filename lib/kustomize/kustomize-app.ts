import * as path from 'node:path';
import { ApiObject, App, Chart } from 'cdk8s';
import { IConstruct } from 'constructs';
import { FileTree } from './output/file-tree';
import { sharedFilesOf } from '../common/shared-files';
import { KustomizeUnit } from './kustomize-unit';
import { fileNameOf, kustomizationOf, Manifest, manifestOf } from './manifests/manifest';
import { checkCell, checkManifest, checkSize } from './manifests/manifest-checks';
import { MARKER, OutputFolders } from './output/output-folders';
import { toYaml } from './manifests/yaml-writer';
import { ProgramFolders } from './program-folders';
import { Refusal } from '../common/refusal';

/** Props of `KustomizeApp`. */
export interface KustomizeAppProps {
  /**
   * Folder that relative paths start from, so that the result does not depend on where the program is called.
   * @default - the working directory
   */
  readonly root?: string;

  /**
   * Folder of the manifests, which is replaced as a whole.
   * @default - $CDK8S_OUTDIR, else dist/kustomize below `root`
   */
  readonly outdir?: string;
}

/**
 * Turns every `KustomizeUnit` into a folder that `kubectl apply -k` takes. Everything is rendered and checked in memory; only then the
 * output folders are swapped, together.
 */
export class KustomizeApp extends App {
  private readonly root: string;
  private readonly companions = new Map<string, FileTree | Buffer>();

  constructor(props: KustomizeAppProps = {}) {
    const root = path.resolve(props.root ?? '.');
    // cdk8s-cli passes a path relative to where it was called, which is also where it calls us.
    const fromCli = process.env.CDK8S_OUTDIR && path.resolve(process.env.CDK8S_OUTDIR);
    super({ outdir: path.resolve(root, props.outdir ?? fromCli ?? 'dist/kustomize') });
    this.root = root;
  }

  /**
   * Adds a folder that is replaced together with the manifests, such as a report on them.
   *
   * @param folder - path relative to `root`
   * @param files - content by path relative to the folder
   * @throws on a file outside the folder, and on a folder that overlaps with another one
   */
  public addFolder(folder: string, files: ReadonlyMap<string, string>): void {
    const absolute = this.freePath(folder);
    for (const file of files.keys()) {
      if (path.posix.normalize(file) !== file || /^(?:\/|\.\.|\.$)|[\\\0]|\/$/.test(file) || file === MARKER) {
        throw new Refusal(`KustomizeApp: ${JSON.stringify(file)} is no file inside ${folder}; use a relative path such as 'index.html'`);
      }
    }
    this.companions.set(absolute, new Map([...files].map(([file, content]) => [file, Buffer.from(content)])));
  }

  /**
   * Adds a file that is replaced together with the manifests, in a folder whose other files stay as they are.
   *
   * @param file - path relative to `root`
   * @param content - text of the file
   * @throws on a file that is in a folder which is replaced already
   */
  public addFile(file: string, content: string): void {
    this.companions.set(this.freePath(file), Buffer.from(content));
  }

  /** @throws when it is in what is replaced already, or the other way round */
  private freePath(relative: string): string {
    const absolute = path.resolve(this.root, relative);
    for (const other of [this.outdir, ...this.companions.keys()]) {
      if (!path.relative(other, absolute).startsWith('..') || !path.relative(absolute, other).startsWith('..')) {
        throw new Refusal(`KustomizeApp: ${absolute} and ${other} overlap, but each is replaced as a whole; choose one beside it`);
      }
    }
    return absolute;
  }

  /**
   * Renders and checks everything, then replaces the output folders. A failure leaves them as they were.
   *
   * @throws on what a check refuses, with the object and its folder
   */
  public override synth(): void {
    const folders = new OutputFolders([this.outdir, ...this.companions.keys()]);
    explaining(() => folders.recover());
    const manifests = this.render();
    explaining(() => folders.replace([manifests, ...this.companions.values()]));
  }

  private render(): FileTree {
    const constructs = this.node.findAll();
    this.validate(constructs);
    const units = unitsOf(constructs);
    const files = new Map<string, Buffer>();
    const programs = new ProgramFolders(files);
    for (const cell of cellsOf(units)) {
      const owners = new Map<string, string>();
      const manifests: Manifest[] = [];
      for (const unit of cell.units) {
        const rendered = units.get(unit)!.map(object => renderObject(object, unit, owners, files, programs));
        if (rendered.length === 0) {
          throw new Refusal(`KustomizeApp: unit ${unit.folder} has no objects, which kubectl refuses. Leave the unit out`);
        }
        files.set(`${unit.folder}/kustomization.yaml`, Buffer.from(kustomizationOf(rendered.map(({ entry }) => entry).sort())));
        manifests.push(...rendered.map(({ manifest }) => manifest));
      }
      explaining(() => checkCell(manifests), `${cell.name}: `);
      const applied = cell.units.filter(unit => unit.unit !== undefined && unit.applyWithCell).map(unit => unit.unit!);
      if (applied.length > 0) {
        files.set(`${cell.name}/kustomization.yaml`, Buffer.from(kustomizationOf(applied.sort())));
      }
    }
    return files;
  }

  /** What constructs check by `node.addValidation`, as `App.synth` does it. */
  private validate(constructs: readonly IConstruct[]): void {
    const errors = constructs.flatMap(({ node }) => node.validate().map(error => `[${node.path}] ${error}`));
    if (errors.length > 0) {
      throw new Refusal(`KustomizeApp: ${errors.length} of the constructs' own checks failed\n  ${errors.join('\n  ')}`);
    }
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
  if (units.size === 0) {
    throw new Refusal('KustomizeApp: there is no KustomizeUnit, so all that was generated before would go. Add one');
  }
  return units as Map<KustomizeUnit, ApiObject[]>;
}

function cellsOf(units: Map<KustomizeUnit, unknown>): { name: string; units: KustomizeUnit[] }[] {
  const cells = new Map<string, KustomizeUnit[]>();
  const folders = new Map<string, KustomizeUnit>();
  for (const unit of units.keys()) {
    const other = folders.get(unit.folder) ?? (unit.unit === undefined ? cells.get(unit.cell)?.[0] : folders.get(unit.cell));
    if (other) {
      throw new Refusal(`KustomizeApp: units '${other.node.path}' (${other.folder}) and '${unit.node.path}' (${unit.folder}) need the same `
        + 'kustomization.yaml. Give each a cell and unit of its own; a cell has either units or objects of its own');
    }
    folders.set(unit.folder, unit);
    cells.set(unit.cell, cells.get(unit.cell) ?? []);
    cells.get(unit.cell)!.push(unit);
  }
  return [...cells].map(([name, members]) => ({ name, units: members }));
}

interface Rendered {
  readonly manifest: Manifest;
  /** What the unit's kustomization names. */
  readonly entry: string;
}

/** Adds the object's file and returns what is in it. `owners` knows who took an identity or a file of the cell before. */
function renderObject(
  object: ApiObject, unit: KustomizeUnit, owners: Map<string, string>, files: Map<string, Buffer>, programs: ProgramFolders,
): Rendered {
  try {
    const manifest = manifestOf(object);
    const text = toYaml(manifest);
    checkManifest(manifest, text);
    const yaml = Buffer.from(text);
    checkSize(manifest, yaml);
    const name = fileNameOf(manifest);
    claim(owners, identityOf(manifest), object.node.path, 'the same object, and the second would overwrite the first when applied');
    claim(owners, `${unit.folder}/${name}`, object.node.path, `the same file ${name}`);
    const shared = sharedFilesOf(object);
    if (shared && ProgramFolders.holds(manifest)) {
      return { manifest, entry: programs.add(manifest, shared, unit.folder) };
    }
    files.set(`${unit.folder}/${name}`, yaml);
    return { manifest, entry: name };
  } catch (error) {
    throw explained(error, `${object.kind} '${object.name}' in ${unit.folder}: `);
  }
}

function claim(owners: Map<string, string>, thing: string, owner: string, what: string): void {
  const other = owners.get(thing);
  if (other !== undefined) {
    throw new Refusal(`'${owner}' and '${other}' are ${what}. Rename one (metadata.name)`);
  }
  owners.set(thing, owner);
}

/** Two versions of one API group are the same object. */
function identityOf({ apiVersion, kind, metadata }: Manifest): string {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  return [group, kind, metadata.namespace, metadata.name].join(' ');
}

function explaining(work: () => void, where = ''): void {
  try {
    work();
  } catch (error) {
    throw explained(error, where);
  }
}

/** What cdk8s, a file system or a check says of the input, with the place. Errors of the language are bugs, and stay what they are. */
function explained(error: unknown, where: string): unknown {
  const isBug = [TypeError, RangeError, ReferenceError, SyntaxError].some(type => error instanceof type);
  return isBug ? error : new Refusal(`KustomizeApp: ${where}${(error as Error).message}`, { cause: error });
}
