import * as path from 'node:path';
import { App } from 'cdk8s';
import { IConstruct } from 'constructs';
import { Refusal } from '../common/refusal';
import { upgradeRun } from '../common/upgrade-run';
import { FileTree } from './output/file-tree';
import { MARKER, OutputFolders } from './output/output-folders';
import { explaining, RenderedUnits } from './rendered-units';
import { requireProps } from '../common/props';

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
  /** Whether nothing is written outside of `root`, whatever paths are given. */
  private readonly lookedAt: boolean;
  private readonly later: ((app: KustomizeApp) => void)[] = [];
  private readonly companions = new Map<string, FileTree | Buffer>();

  constructor(props: KustomizeAppProps = {}) {
    requireProps('KustomizeAppProps', props, 'KustomizeApp');
    // An app that is only looked at keeps its paths, below another folder.
    const lookedAt = upgradeRun()?.folder;
    const root = lookedAt ?? path.resolve(props.root ?? '.');
    // cdk8s-cli passes a path relative to where it was called, which is also where it calls us.
    const fromCli = process.env.CDK8S_OUTDIR && path.resolve(process.env.CDK8S_OUTDIR);
    super({ outdir: lookedAt === undefined ? path.resolve(root, props.outdir ?? fromCli ?? 'dist/kustomize') : path.join(root, 'dist', 'kustomize') });
    this.root = root;
    this.lookedAt = lookedAt !== undefined;
  }

  /**
   * Adds what is made when it is its turn to be rendered, and let go of afterwards. So an app of a thousand cells holds the constructs of
   * one. What is made in one call is whole cells; `addFolder` and `addFile` may be called as well.
   *
   * @param make - makes units in the app that it gets; `synth` calls it, in the order of the calls of `addLater`
   */
  public addLater(make: (app: KustomizeApp) => void): void {
    this.later.push(make);
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
    const absolute = this.lookedAt ? path.join(this.root, path.resolve('/', relative)) : path.resolve(this.root, relative);
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
    explaining(() => this.outputFolders().recover());
    const manifests = this.render();
    explaining(() => this.outputFolders().replace([manifests, ...this.companions.values()]));
  }

  private outputFolders(): OutputFolders {
    return new OutputFolders([this.outdir, ...this.companions.keys()]);
  }

  /** What is made later comes first: it may still add to what is there. */
  private render(): FileTree {
    const rendered = new RenderedUnits();
    this.later.forEach(make => this.renderLater(make, rendered));
    rendered.add(this.node.findAll());
    if (rendered.files.size === 0) {
      throw new Refusal('KustomizeApp: there is no KustomizeUnit, so all that was generated before would go. Add one');
    }
    return rendered.files;
  }

  private renderLater(make: (app: KustomizeApp) => void, rendered: RenderedUnits): void {
    const before = new Set(this.node.children);
    const made = (): IConstruct[] => this.node.children.filter(child => !before.has(child));
    try {
      make(this);
      rendered.add(made().flatMap(({ node }) => node.findAll()));
    } finally {
      made().forEach(({ node }) => this.node.tryRemoveChild(node.id));
    }
  }
}
