import { requireProps } from '../common/props';
import { MachineType } from '../catalog';
import { Refusal } from '../common/refusal';
import { Placement } from './placement';
import { ThroughputPlan } from './throughput-plan';

const MILLION = 1e6;
const SECONDS_PER_HOUR = 3600;

/** How a machine is paid that the catalogue has a price of. */
export type PriceKind = 'on-demand' | 'spot';

/** Props of `TokenPrice.of`. */
export interface TokenPriceProps {
  /** How fast the server answers its load. */
  readonly throughput: ThroughputPlan;
  /** The machine that it runs on. */
  readonly placement: Placement;
  /**
   * How the machine is paid.
   * @default on-demand
   */
  readonly kind?: PriceKind;
  /**
   * US dollars of a machine's hour, 0 or more, where they are agreed otherwise, as with a commitment of one or three years.
   * @default - the catalogue's, for us-central1
   */
  readonly machineHourlyUsd?: number;
  /**
   * US dollars that disks, bucket and network of one server cost an hour, 0 or more.
   * @default 0
   */
  readonly otherHourlyUsd?: number;
}

/** US dollars of a million tokens, with all of the cost put on those of one kind. */
export interface MillionTokensUsd {
  /** For a million tokens of answers. */
  readonly output: number;
  /** For a million tokens of prompts. */
  readonly input: number;
  /** For a million tokens of both. */
  readonly total: number;
}

/** What an API asks for a million tokens, in US dollars. */
export interface ApiPrice {
  /** For a million tokens of prompts, 0 or more. */
  readonly inputUsd: number;
  /** For a million tokens of answers, 0 or more. */
  readonly outputUsd: number;
}

/** What the tokens of one server cost: its part of the machine, the GPUs beside it that nothing can use, and what else it needs. */
export class TokenPrice {
  /**
   * The price of the tokens of one server.
   *
   * @throws when the catalogue has no price of the machine and none is given, and on a price below 0
   */
  static of(props: TokenPriceProps): TokenPrice {
    requireProps('TokenPriceProps', props, 'TokenPrice');
    return new TokenPrice(props);
  }

  /** US dollars of one server's hour. */
  readonly hourlyUsd: number;
  /** US dollars of them that go into GPUs which no server of this kind can use. */
  readonly strandedHourlyUsd: number;
  /** Date of the price table, `YYYY-MM-DD`; undefined where the price was given. */
  readonly priceDate?: string;
  /** At the load of the plan. */
  readonly atLoad: MillionTokensUsd;
  private readonly throughput: ThroughputPlan;
  private saturated?: ThroughputPlan;

  private constructor({ throughput, placement, kind = 'on-demand', machineHourlyUsd, otherHourlyUsd = 0 }: TokenPriceProps) {
    const { machineType, serversPerNode, strandedGpus } = placement;
    requirePrice('machineHourlyUsd', machineHourlyUsd);
    requirePrice('otherHourlyUsd', otherHourlyUsd);
    const machine = machineHourlyUsd ?? catalogued(machineType, kind);
    this.priceDate = machineHourlyUsd === undefined ? machineType.priceDate : undefined;
    this.hourlyUsd = machine / serversPerNode + otherHourlyUsd;
    this.strandedHourlyUsd = machine * strandedGpus / machineType.gpus / serversPerNode;
    this.throughput = throughput;
    this.atLoad = this.perMillion(throughput);
  }

  /** With as many clients as the server can take. */
  get atSaturation(): MillionTokensUsd {
    return this.perMillion(this.saturation);
  }

  /**
   * The share of the time that a server has to be as busy as it can be to cost what an API asks for the same tokens; above 1 it never does.
   *
   * @throws on a price below 0
   */
  breakEvenUtilization({ inputUsd, outputUsd }: ApiPrice): number {
    requirePrice('inputUsd', inputUsd);
    requirePrice('outputUsd', outputUsd);
    const { outputTokensPerSecond, totalTokensPerSecond } = this.saturation;
    const worth = outputTokensPerSecond * outputUsd + (totalTokensPerSecond - outputTokensPerSecond) * inputUsd;
    return this.hourlyUsd / (worth * SECONDS_PER_HOUR / MILLION);
  }

  /** Only some ask for it, and it is as much work as the plan itself. */
  private get saturation(): ThroughputPlan {
    this.saturated ??= this.throughput.saturation;
    return this.saturated;
  }

  private perMillion({ outputTokensPerSecond, totalTokensPerSecond }: ThroughputPlan): MillionTokensUsd {
    const price = (tokensPerSecond: number) => this.hourlyUsd / (tokensPerSecond * SECONDS_PER_HOUR) * MILLION;
    return {
      output: price(outputTokensPerSecond), input: price(totalTokensPerSecond - outputTokensPerSecond), total: price(totalTokensPerSecond),
    };
  }
}

function catalogued(machineType: MachineType, kind: PriceKind): number {
  const price = kind === 'spot' ? machineType.hourlySpotPriceUsd : machineType.hourlyPriceUsd;
  if (price === undefined) {
    throw new Refusal(`TokenPrice: the catalogue has no ${kind} price of machine type ${machineType.name}; give 'machineHourlyUsd'`);
  }
  return price;
}

function requirePrice(name: string, usd: number | undefined): void {
  if (usd !== undefined && !(usd >= 0 && Number.isFinite(usd))) {
    throw new Refusal(`TokenPrice: '${name}' (${usd}) must be a number of US dollars, 0 or more`);
  }
}
