import { orRefusal, Refusal } from '../common/refusal';
import { MemoryPlan, ThroughputPlan } from '../planning';
import { duration } from './figures';
import { ServingReportProps } from './serving-report-props';

/** Numbers of clients that are planned for at first. Each is half a millisecond's work for a server, and more with more clients. */
const CLIENTS = [1, 8, 64];
/** What is said to keep the goals is at least half of what does. */
const NEAR = 2;

/** The load and the goals of a report. */
export type ReportLoad = Required<Omit<ServingReportProps, 'onceCommands' | 'folder'>>;

/** A server with so many clients. */
export interface CurvePoint {
  readonly clients: number;
  readonly plan: ThroughputPlan;
  /** Goals that it misses, each a sentence; empty when it keeps both. */
  readonly misses: readonly string[];
}

/** How a server answers more and more clients. */
export interface ThroughputCurve {
  readonly points: readonly CurvePoint[];
  /** The point with the most clients that keeps the goals, as long as those before keep them too. Absent when none does. */
  readonly kept?: CurvePoint;
}

/** The curves of servers: those that are planned alike have one. */
export class ThroughputCurves {
  private readonly known = new Map<string, ThroughputCurve | Refusal>();
  private readonly ids = new Map<object, number>();

  constructor(private readonly load: ReportLoad) {}

  /** The curve of a server, or the refusal of its plan. */
  of(memory: MemoryPlan): ThroughputCurve | Refusal {
    const key = this.keyOf(memory);
    const known = this.known.get(key) ?? orRefusal(() => this.plan(memory));
    this.known.set(key, known);
    return known;
  }

  private plan(memory: MemoryPlan): ThroughputCurve {
    const measured = this.measuredClients(memory);
    const points: CurvePoint[] = [];
    let mostRunning: number | undefined;
    for (const clients of [...new Set([...CLIENTS, ...measured])].sort((a, b) => a - b)) {
      // More clients than can be served at once only wait longer: what was predicted for some of them says it for all.
      const before = points.at(-1);
      mostRunning ??= before?.plan.mostRunning;
      if (measured.includes(clients) || before === undefined || before.clients <= mostRunning!) {
        points.push(this.point(memory, clients));
      }
    }
    return this.refined(memory, points);
  }

  /** Further points where the goals begin to be missed. */
  private refined(memory: MemoryPlan, points: readonly CurvePoint[]): ThroughputCurve {
    const missed = points.findIndex(({ misses }) => misses.length > 0);
    const kept = missed < 0 ? points.at(-1) : points[missed - 1];
    const middle = kept && missed > 0 ? 2 ** Math.floor(Math.log2(kept.clients * points[missed].clients) / 2) : 0;
    if (kept === undefined || missed < 0 || middle <= kept.clients || points[missed].clients <= NEAR * kept.clients) {
      return { points, kept };
    }
    return this.refined(memory, [...points.slice(0, missed), this.point(memory, middle), ...points.slice(missed)]);
  }

  /** Numbers of clients with which this server was measured under the load. */
  private measuredClients(memory: MemoryPlan): number[] {
    const { inputTokens, outputTokens, measurements } = this.load;
    return measurements.flatMap((one) => {
      const { clients } = one.props;
      return clients !== undefined && one.differencesTo({ memory, inputTokens, outputTokens, clients }).length === 0 ? clients : [];
    });
  }

  private point(memory: MemoryPlan, clients: number): CurvePoint {
    const { inputTokens, outputTokens, measurements, timeToFirstTokenSeconds, interTokenLatencySeconds } = this.load;
    const plan = ThroughputPlan.of({ memory, inputTokens, outputTokens, clients, measurements });
    return {
      clients, plan, misses: [
        ...above('first token', plan.timeToFirstTokenSeconds.median, timeToFirstTokenSeconds),
        ...above('next token', plan.interTokenLatencySeconds.median, interTokenLatencySeconds),
      ],
    };
  }

  /** What a plan is made from: plain values, and facts that are the same objects. */
  private keyOf({ props }: MemoryPlan): string {
    return JSON.stringify(Object.entries(props).map(([name, value]) => [name, typeof value === 'object' ? this.idOf(value) : value]));
  }

  private idOf(fact: object): string {
    const id = this.ids.get(fact) ?? this.ids.size;
    this.ids.set(fact, id);
    return `object ${id}`;
  }
}

function above(what: string, got: number, goal: number): string[] {
  return got > goal ? [`${what} after ${duration(got)}`] : [];
}
