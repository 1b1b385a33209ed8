import { Accelerator, Capacity, MachineType } from '../catalog';
import { BOOT_DISK_BYTES } from '../catalog/gke-limits';
import { gib, GIB } from '../common/bytes';
import { Amounts, nodeAllocatable } from './node-allocatable';
import { CapacityMark, capacityMark, requireCapacity, requireReservation, usualCapacity } from './node-capacity';
import { orRefusal, Refusal } from '../common/refusal';
import { requireProps } from '../common/props';
import { wholeNumber } from '../common/whole-number';
import { API_SERVER_BYTES, MOST_API_SERVERS, virtualCpusNeeded } from './server-processes';

/** What GKE's own DaemonSets request on a GPU node (logging, metrics, networking, device plugin, storage drivers); an estimate. */
const DAEMONS: Amounts = { cpuMillis: 1000, memoryBytes: 2 * GIB, ephemeralStorageBytes: 1 * GIB };

const LEAST_MEMORY_BYTES = 8 * GIB;
const LEAST_MEMORY_BYTES_PER_GPU = 3 * GIB;

/** Logs, `/tmp` and the compile caches of one server: measured 95 MB, with room for larger models. */
const SERVER_EPHEMERAL_BYTES = 12 * GIB;

/** Props of `Placement.of`. */
export interface PlacementProps {
  /** The GPU that the server runs on. */
  readonly accelerator: Accelerator;
  /** Number of GPUs of one server, 1 or more. */
  readonly gpus: number;
  /**
   * Machine type of the node.
   * @default - the smallest that holds the GPUs and what else is asked for
   */
  readonly machineType?: MachineType;
  /**
   * Type of a disk that the machine has to attach, for example `hyperdisk-ml`.
   * @default - none
   */
  readonly diskType?: string;
  /**
   * Zones that the server may run in.
   * @default - all that have the machine
   */
  readonly zones?: readonly string[];
  /**
   * How the machines come: `on-demand`, `spot`, `flex-start`, or `reservation`. What is `queued` is for a ProvisioningRequest, no server.
   * @default - on demand where the machine is sold so, else flex-start; nodes of any capacity will do
   */
  readonly capacity?: Capacity;
  /**
   * Name of the reservation, with capacity `reservation` only: `NAME`, or `projects/PROJECT/reservations/NAME`.
   * @default - none
   */
  readonly reservation?: string;
  /**
   * Bytes that are cached on the node beside each server, 0 or more.
   * @default 0
   */
  readonly cacheBytes?: number;
  /**
   * Requests of what else runs in each server's pod.
   * @default - nothing
   */
  readonly sidecar?: Amounts;
  /**
   * Number of API server processes of one server, from 1 to 64; each further one needs a virtual CPU and 2 GiB.
   * @default 1
   */
  readonly apiServerCount?: number;
}

/** Where cached files live: `local-ssd` is the node's ephemeral storage on such disks, `memory` a tmpfs. */
export type CacheMedium = 'local-ssd' | 'memory';

/** The machine that a server runs on, and the share of it that one server requests. */
export class Placement {
  /**
   * The placement on the machine type that is given, or on the smallest that takes the server.
   *
   * @throws when no machine type holds the GPUs, takes the disk, caches the bytes or stands in one of the zones
   */
  static of(props: PlacementProps): Placement {
    requireProps('PlacementProps', props, 'Placement');
    if (!Number.isSafeInteger(props.gpus) || props.gpus < 1) {
      throw new Refusal(`Placement: 'gpus' (${props.gpus}) must be a whole number of at least 1`);
    }
    requireReservation(props.capacity, props.reservation);
    if (props.capacity === 'queued') {
      throw new Refusal('Placement: \'capacity\' (queued): a ProvisioningRequest is given all its machines once, and servers come and go one by'
        + ' one; use flex-start, and keep queued for Jobs');
    }
    if (props.machineType) {
      return new Placement(props, props.machineType);
    }
    const machines = MachineType.forAccelerator(props.accelerator);
    const large = machines.filter(machine => machine.gpus >= props.gpus);
    if (large.length === 0) {
      const most = MachineType.mostGpus(props.accelerator);
      throw new Refusal(`Placement: no machine type has ${props.gpus} x ${props.accelerator.displayName}; ${most > 0
        ? `the largest has ${most}. Use at most ${most} GPUs a server`
        : 'the catalogue has no machine with this card. Say which one has it: machineType: MachineType.of({ … })'}`);
    }
    let first: Refusal | undefined;
    for (const machine of large) {
      const placement = orRefusal(() => new Placement(props, machine));
      if (!(placement instanceof Refusal)) {
        return placement;
      }
      first ??= placement;
    }
    throw first;
  }

  /** Machine type of the node. */
  readonly machineType: MachineType;
  /** Number of GPUs of one server. */
  readonly gpus: number;
  /** Number of API server processes of one server. */
  readonly apiServerCount: number;
  /** Number of servers that one node holds. */
  readonly serversPerNode: number;
  /** Number of GPUs of the machine that no server of this kind can use. */
  readonly strandedGpus: number;
  /** US dollars that the stranded GPUs cost an hour, as their share of the machine's price; undefined when no price is known. */
  readonly strandedHourlyUsd?: number;
  /** How the node's machine comes. */
  readonly capacity: Capacity;
  /** Name of the reservation that the node is of; undefined where it is of none. */
  readonly reservation?: string;
  /** What the nodes of that capacity are known by; undefined when nodes of any capacity will do. */
  readonly capacityMark?: CapacityMark;
  /** Zones that have the machine, as far as is known; empty when none is known and none was asked for. */
  readonly zones: readonly string[];
  /** Those of the zones that were asked for; empty when any will do. */
  readonly requiredZones: readonly string[];
  /** Where `cacheBytes` live; undefined when nothing is cached. */
  readonly cacheMedium?: CacheMedium;
  /** Number of local SSDs for ephemeral storage that the node pool must have. */
  readonly localSsdCount: number;
  /** Size of the node's boot disk in bytes. */
  readonly bootDiskBytes: number = BOOT_DISK_BYTES;
  /** CPU that the server's container requests, in thousandths of a virtual CPU. */
  readonly cpuMillis: number;
  /** Memory that the server's container requests, in bytes. */
  readonly memoryBytes: number;
  /** Ephemeral storage that the server's container requests, in bytes. */
  readonly ephemeralStorageBytes: number = SERVER_EPHEMERAL_BYTES;

  private constructor(props: PlacementProps, machineType: MachineType) {
    this.machineType = machineType;
    this.gpus = props.gpus;
    this.apiServerCount = wholeNumber('apiServerCount', props.apiServerCount ?? 1, 1, MOST_API_SERVERS, 'Placement: ');
    if (machineType.accelerator.id !== props.accelerator.id || machineType.gpus < props.gpus) {
      throw this.refusal(`has ${machineType.gpus} x ${machineType.accelerator.displayName}, but a server needs ${props.gpus} x`
        + ` ${props.accelerator.displayName}`);
    }
    if (props.diskType && !machineType.attaches(props.diskType)) {
      throw this.refusal(`cannot attach a ${props.diskType} disk; it takes ${machineType.diskTypes.join(', ')}.`
        + ' Use such a disk, or weights in a bucket');
    }
    this.capacity = props.capacity ?? usualCapacity(machineType);
    this.reservation = props.reservation;
    if (props.capacity !== undefined) {
      requireCapacity({ machineType, capacity: props.capacity, reservation: props.reservation });
      this.capacityMark = capacityMark(props.capacity, props.reservation);
    }
    this.serversPerNode = Math.floor(machineType.gpus / props.gpus);
    this.strandedGpus = machineType.gpus % props.gpus;
    this.strandedHourlyUsd = machineType.hourlyPriceUsd && machineType.hourlyPriceUsd * this.strandedGpus / machineType.gpus;
    this.zones = this.zonesWithMachine(props.zones);
    this.requiredZones = props.zones ? this.zones : [];

    this.requireVirtualCpus(props);
    const cacheBytes = props.cacheBytes ?? 0;
    const [cacheMedium, localSsdCount] = this.chooseCache(cacheBytes, props);
    this.cacheMedium = cacheMedium;
    this.localSsdCount = localSsdCount;
    const share = this.share(props, localSsdCount, cacheMedium === 'memory' ? cacheBytes : 0, cacheMedium === 'local-ssd' ? cacheBytes : 0);
    this.requireLeast(share);
    this.cpuMillis = Math.floor(share.cpuMillis / 1000) * 1000;
    this.memoryBytes = Math.floor(share.memoryBytes / GIB) * GIB;
  }

  /** What all pods together may request on a node of the pool that this placement asks for. */
  get nodeAllocatable(): Amounts {
    return allocatable(this.machineType, this.localSsdCount);
  }

  /** Number of nodes that hold so many servers. */
  nodes(servers: number): number {
    return Math.ceil(servers / this.serversPerNode);
  }

  private get apiServers(): string {
    return this.apiServerCount === 1 ? '' : ` and ${this.apiServerCount} API servers`;
  }

  private zonesWithMachine(asked: readonly string[] | undefined): readonly string[] {
    const { zones } = this.machineType;
    if (!asked || zones.length === 0) {
      return [...asked ?? zones];
    }
    const common = asked.filter(zone => zones.includes(zone));
    if (common.length === 0) {
      throw this.refusal(`is not known in ${asked.join(', ')}; it is in ${zones.join(', ')}`);
    }
    return common;
  }

  /** Local SSD that comes with the machine, else memory, else local SSD that can be added. */
  private chooseCache(bytes: number, props: PlacementProps): [CacheMedium | undefined, number] {
    const { localSsdAutomatic, localSsdCounts } = this.machineType;
    const automatic = localSsdAutomatic ? localSsdCounts[0] : 0;
    if (bytes === 0) {
      return [undefined, automatic];
    }
    const optional = localSsdCounts.filter(count => count > 0 && !localSsdAutomatic);
    const choices: [CacheMedium, number][] = [
      ...(automatic > 0 ? [['local-ssd', automatic] as [CacheMedium, number]] : []),
      ['memory', automatic],
      ...optional.map(count => ['local-ssd', count] as [CacheMedium, number]),
    ];
    const choice = choices.find(([medium, count]) =>
      this.suffices(this.share(props, count, medium === 'memory' ? bytes : 0, medium === 'local-ssd' ? bytes : 0)));
    if (!choice) {
      throw this.refusal(`cannot cache ${gib(bytes)} of weights beside each of ${this.serversPerNode} servers, neither in its`
        + ` ${gib(this.machineType.memoryBytes)} of memory nor on local SSD. Cache less, or take weights from a disk`);
    }
    return choice;
  }

  /** What one server's container can have when the node is full. */
  private share(props: PlacementProps, localSsdCount: number, cacheInMemory: number, cacheOnDisk: number): Amounts {
    const node = allocatable(this.machineType, localSsdCount);
    const sidecar = props.sidecar ?? { cpuMillis: 0, memoryBytes: 0, ephemeralStorageBytes: 0 };
    const perServer = (name: keyof Amounts) => (node[name] - DAEMONS[name]) / this.serversPerNode - sidecar[name];
    return {
      cpuMillis: perServer('cpuMillis'),
      memoryBytes: perServer('memoryBytes') - cacheInMemory,
      ephemeralStorageBytes: perServer('ephemeralStorageBytes') - cacheOnDisk,
    };
  }

  private least(): Amounts {
    return {
      cpuMillis: 1000 * virtualCpusNeeded(this.gpus, this.apiServerCount),
      memoryBytes: LEAST_MEMORY_BYTES + LEAST_MEMORY_BYTES_PER_GPU * this.gpus + API_SERVER_BYTES * (this.apiServerCount - 1),
      ephemeralStorageBytes: SERVER_EPHEMERAL_BYTES,
    };
  }

  private suffices(share: Amounts): boolean {
    const least = this.least();
    return share.cpuMillis >= least.cpuMillis && share.memoryBytes >= least.memoryBytes
      && share.ephemeralStorageBytes >= least.ephemeralStorageBytes;
  }

  /** More API servers than the machine has virtual CPUs for are no question of what is cached beside them. */
  private requireVirtualCpus(props: PlacementProps): void {
    const virtualCpus = Math.floor(this.share(props, 0, 0, 0).cpuMillis) / 1000;
    const needed = virtualCpusNeeded(this.gpus, this.apiServerCount);
    const most = Math.floor(virtualCpus - virtualCpusNeeded(this.gpus, 0));
    if (this.apiServerCount > 1 && virtualCpus < needed) {
      throw this.refusal(`leaves each of ${this.serversPerNode} servers ${virtualCpus.toFixed(1)} vCPU; ${this.gpus} GPUs${this.apiServers} need`
        + ` ${needed}. Use apiServerCount of at most ${Math.max(1, most)}, or a larger machine`);
    }
  }

  private requireLeast(share: Amounts): void {
    if (!this.suffices(share)) {
      const least = this.least();
      throw this.refusal(`leaves each of ${this.serversPerNode} servers ${(share.cpuMillis / 1000).toFixed(1)} vCPU, ${gib(share.memoryBytes)}`
        + ` of memory and ${gib(share.ephemeralStorageBytes)} of disk; ${this.gpus} GPUs${this.apiServers} need ${least.cpuMillis / 1000} vCPU,`
        + ` ${gib(least.memoryBytes)} and ${gib(least.ephemeralStorageBytes)}`);
    }
  }

  private refusal(text: string): Error {
    return new Refusal(`Placement: machine type ${this.machineType.name} ${text}`);
  }
}

function allocatable(machineType: MachineType, localSsdCount: number): Amounts {
  const { vcpus, memoryBytes } = machineType;
  return nodeAllocatable({ vcpus, memoryBytes, localSsdCount, bootDiskBytes: BOOT_DISK_BYTES });
}
