import { Chart } from 'cdk8s';
import { Construct, IConstruct } from 'constructs';
import { VllmRelease } from '../catalog';
import { GoogleApis, reachGoogleApis } from '../common/google-apis';
import { servedRelease } from '../catalog/upgrade-release';
import { ServiceIdentity } from '../common/identity';
import { Region } from '../common/region';
import { named, Refusal } from '../common/refusal';
import { KustomizeUnit } from '../kustomize';
import { PodProps } from '../pods';
import { MetricsCollector, ServerPlan, VllmHpa, VllmServer, VllmServerProps } from '../serving';
import { DiskClass, IWeightsStorage, WeightsVolume } from '../weights';
import { isNone, storageFor } from '../weights/storages';
import { NoStorage } from '../weights/weights-binding';
import { cellId, CellPoint, serverName } from './cell';
import { lineOf, LINE_HEADER, reportOf } from './cell-report';
import { CELL_UNITS, CellUnit, CellWorkload, hasIdentity, unitOf } from './cell-units';
import { ImpossibleCell } from './impossible-cell';
import { ReportedServer } from '../report/reported';
import { reportedServer } from './reported-server';
import { requireProps } from '../common/props';

/** Props of `VllmCell`. */
export interface VllmCellProps extends CellPoint {
  /**
   * Props of the server that the rest does not decide.
   * @default - as they are planned
   */
  readonly server?: Omit<VllmServerProps, 'weights' | 'accelerator' | 'release' | 'name' | 'maxNodes' | 'priorityClassName'>;
  /**
   * What is asked of the pods of the server and of every unit; what `server` says of its own pods replaces it there.
   * @default - nothing
   */
  readonly pods?: PodProps;
  /**
   * Labels of every object of the cell.
   * @default - none
   */
  readonly labels?: Record<string, string>;
  /**
   * Annotations of every object of the cell; what an object says itself stays.
   * @default - none
   */
  readonly annotations?: Record<string, string>;
  /**
   * Units that the cell has beside its server.
   * @default - all that its storage allows, but no `benchmark`
   */
  readonly units?: readonly CellUnit[];
  /** Namespace of every object of the cell. */
  readonly namespace: string;
  /** Name of the bucket that holds the weights, and what load tests and batches read and write. */
  readonly bucket: string;
  /** Name of the cluster's region, for example `us-central1`: it decides the zones of disks, and whether there is such a machine. */
  readonly region: string;
  /**
   * Release of vLLM that serves.
   * @default VllmRelease.DEFAULT
   */
  readonly release?: VllmRelease;
  /**
   * Number of nodes, 1 to 15,000, that the pool of its servers can have for it.
   * @default 5
   */
  readonly maxNodes?: number;
  /**
   * Addresses at which its pods reach Google's APIs: `private` and `restricted` where DNS leads there, as the `Network` of `cdk8s-vllm/gke`
   * makes it, `internet` in any cluster.
   * @default - as said for what it is in, else internet
   */
  readonly googleApis?: GoogleApis;
  /**
   * Name of the servers' priority class.
   * @default - the cluster's default priority
   */
  readonly priorityClassName?: string;
  /**
   * Who scrapes its servers and evaluates their rules.
   * @default MetricsCollector.GOOGLE
   */
  readonly collector?: MetricsCollector;
}

/**
 * Everything of one point of the matrix: the server with its weights, and what watches, scales, asks, tests and fills it. Each unit becomes
 * a folder below `id` that applies alone; the server and what belongs to it apply together.
 *
 * @throws when its accelerator and storage never meet (`VllmCell.of` says so instead), and on everything that its parts refuse
 */
export class VllmCell extends Construct {
  /** Line that stands above those of cells. */
  static readonly LINE_HEADER = LINE_HEADER;

  /** The cell, or why there can be none whatever the model: the accelerator is not in the region, or attaches no such disk. */
  static of(scope: Construct, props: VllmCellProps): VllmCell | ImpossibleCell {
    requireProps('VllmCellProps', props, 'VllmCell');
    const storage = storageOf(props);
    return isNone(storage) ? new ImpossibleCell(props, storage.reason) : new VllmCell(scope, { ...props, storage });
  }

  /** Id that a cell gets. */
  static idOf(point: Omit<CellPoint, 'model'>): string {
    return cellId(point);
  }

  /** Name of the cell's folder: `l4-gcs`, `a100-gcs-llama33-70b`. */
  readonly id: string;
  /** Storage that the weights are read from. */
  readonly storage: IWeightsStorage;
  /** Server of the cell. */
  readonly server: VllmServer;
  /** The autoscaler, when there is the unit `autoscaling`. */
  readonly hpa?: VllmHpa;
  /** Workloads that run in pods, the server first. */
  readonly workloads: readonly CellWorkload[];
  /** Classes of the cell's disks, which are made once a cluster. */
  readonly diskClasses: readonly DiskClass[];
  /** Type of the disk that its weights are copied to; undefined for a bucket. */
  readonly diskType?: string;
  /** CSI drivers that its pods mount by. */
  readonly csiDrivers: readonly string[];

  private readonly props: VllmCellProps;

  constructor(scope: Construct, props: VllmCellProps) {
    requireProps('VllmCellProps', props, 'VllmCell');
    super(scope, cellId(props));
    this.props = { ...props, release: servedRelease(props.release, serverName(props)) };
    this.id = this.node.id;
    try {
      if (props.googleApis !== undefined) {
        reachGoogleApis(this, props.googleApis);
      }
      this.storage = this.requireStorage();
      const units = this.requireUnits();
      const weights = new WeightsVolume(this.unit('server'), 'weights', { model: props.model, storage: this.storage });
      this.server = this.makeServer(weights);
      const made = this.makeUnits(units, weights);
      this.hpa = made.find(construct => construct instanceof VllmHpa);
      this.workloads = [this.server, ...made.filter(hasIdentity)];
      this.diskClasses = [this.storage.diskClass, this.storage.hydrationDisk?.(props.model).diskClass].filter(found => found !== undefined);
      this.diskType = this.storage.diskType;
      this.csiDrivers = [...new Set([...this.storage.csiDrivers, ...units.flatMap(name => unitOf(name).csiDrivers ?? [])])];
    } catch (error) {
      throw named(this, error);
    }
  }

  /** Release of vLLM that serves. */
  get release(): VllmRelease {
    return this.server.release;
  }

  /** All numbers of the server. */
  get plan(): ServerPlan {
    return this.server.plan;
  }

  /** Number of nodes at most that the pool of its servers can have for it. */
  get maxNodes(): number {
    return this.server.maxReplicas / this.plan.placement.serversPerNode;
  }

  /** Number of servers at most that it asks for. */
  get maxReplicas(): number {
    return this.hpa?.maxReplicas ?? this.server.replicas;
  }

  /** Identities of its workloads, with what they may do in Google Cloud. */
  get identities(): ServiceIdentity[] {
    return this.workloads.map(({ identity }) => identity);
  }

  /** The cell's row of a report. */
  report(): object {
    return reportOf(this.props, this.server, Region.of(this.props.region));
  }

  /**
   * What the report's page shows of the cell.
   *
   * @internal
   */
  reported(): ReportedServer {
    const { id, server, workloads, props: { region } } = this;
    return reportedServer(server, { id, workloads, region, units: this.node.children.filter(KustomizeUnit.isUnit) });
  }

  /** One line of what a person reads after synthesis, below `VllmCell.LINE_HEADER`. */
  line(): string {
    return lineOf(this.props, this.server);
  }

  private requireStorage(): IWeightsStorage {
    const storage = storageOf(this.props);
    if (isNone(storage)) {
      throw new Refusal(storage.reason);
    }
    return storage;
  }

  /** Those asked for, in the order in which they are made. */
  private requireUnits(): CellUnit[] {
    const onDisk = this.storage.diskType !== undefined;
    const asked = this.props.units ?? CELL_UNITS.filter(name => !unitOf(name).onlyAsked && (onDisk || !unitOf(name).forDisks));
    for (const name of asked) {
      if (!CELL_UNITS.includes(name)) {
        throw new Refusal(`'units' (${name}): there is no such unit; there are ${CELL_UNITS.join(', ')}`);
      }
      const { forDisks, needs } = unitOf(name);
      if (forDisks && !onDisk) {
        throw new Refusal(`'units' (${name}): it fills a disk, and storage ${this.storage.id} is none; leave it out`);
      }
      if (needs !== undefined && !asked.some(other => other === needs)) {
        throw new Refusal(`'units' (${name}): it is of what unit ${needs} makes; name ${needs} as well`);
      }
    }
    const { collector = MetricsCollector.GOOGLE } = this.props;
    if (asked.includes('autoscaling') && collector !== MetricsCollector.GOOGLE) {
      throw new Refusal('\'units\' (autoscaling): it reads what Google\'s collectors bring, and \'collector\' is another one; name the units without it,'
        + ' and scale by a VllmScaledObject');
    }
    return CELL_UNITS.filter(name => asked.includes(name));
  }

  private makeServer(weights: WeightsVolume): VllmServer {
    const { pods, server, accelerator, release, maxNodes, priorityClassName } = this.props;
    return new VllmServer(Chart.of(weights), this.id, {
      ...pods, ...server, weights, name: serverName(this.props), accelerator, release, maxNodes, priorityClassName,
    });
  }

  private makeUnits(units: readonly CellUnit[], weights: WeightsVolume): IConstruct[] {
    const { bucket, pods, collector } = this.props;
    // with the digest, if the server's image is pinned to one
    const { release } = this.server;
    const made: IConstruct[] = [];
    for (const name of units) {
      const parts = { id: this.id, weights, server: this.server, bucket, release, pods, collector, made };
      made.push(...unitOf(name).make(this.unit(name), parts));
    }
    return made;
  }

  private unit(name: CellUnit | 'server'): KustomizeUnit {
    const { namespace, labels, annotations } = this.props;
    const applyWithCell = name === 'server' || unitOf(name).applyWithCell;
    return new KustomizeUnit(this, `${this.id}-${name}`, { cell: this.id, unit: name, namespace, labels, annotations, applyWithCell });
  }
}

function storageOf(props: VllmCellProps): IWeightsStorage | NoStorage {
  return typeof props.storage === 'string' ? storageFor(props.storage, props) : props.storage;
}
