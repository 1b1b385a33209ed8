import { Construct } from 'constructs';
import { VllmRelease } from '../catalog';
import { Refusal, refusing } from '../common/refusal';
import { requireNamespace } from '../pods';
import { MetricsCollector } from './metrics-collector';
import { Alarm, alarmExpression, METRICS, Scope, Signal, SIGNALS } from './signals';
import { VllmServer } from './vllm-server';
import { AlertRule } from './watched-server';
import { requirePropsOf } from '../common/props';

const AN_HOUR = 3600;

/** Props of `VllmMonitoring`. */
export interface VllmMonitoringProps {
  /** The server that is watched. */
  readonly server: VllmServer;
  /**
   * Seconds until the first token that one request in twenty may exceed, above 0 and at most an hour.
   * @default 5
   */
  readonly timeToFirstTokenSeconds?: number;
  /**
   * Who scrapes the server and evaluates its rules.
   * @default MetricsCollector.GOOGLE
   */
  readonly collector?: MetricsCollector;
}

/**
 * Scrapes a server into Managed Service for Prometheus, or into a Prometheus of the Prometheus Operator, and watches it by rules.
 *
 * @throws when the release does not export a metric that is read here
 */
export class VllmMonitoring extends Construct {
  /** Names of the metrics that are scraped, as the release exports them. */
  readonly metrics: readonly string[];

  constructor(scope: Construct, id: string, props: VllmMonitoringProps) {
    super(scope, id);
    requirePropsOf(this, 'VllmMonitoringProps', props);
    const { server, collector = MetricsCollector.GOOGLE } = props;
    this.metrics = Object.values(METRICS);
    const { pattern, rules } = refusing(this, () => {
      requireNamespace(this, server.identity.namespace);
      const pattern = this.metrics.map(name => exposedPattern(server.release, name)).join('|');
      const own = Scope.of(server.name, collector.seesAllNamespaces ? server.namespace : undefined);
      return { pattern, rules: rulesOf(server, requireSeconds(props), own) };
    });
    collector.watch(this, { server, pattern, rules });
  }
}

/** @throws on a metric that the release does not export */
function exposedPattern(release: VllmRelease, name: string): string {
  return release.metric(name).type === 'histogram' ? `${name}_(bucket|sum|count)` : name;
}

function requireSeconds({ timeToFirstTokenSeconds: seconds = SIGNALS.timeToFirstToken.alarm.above }: VllmMonitoringProps): number {
  if (typeof seconds !== 'number' || !(seconds > 0 && seconds <= AN_HOUR)) {
    throw new Refusal(`'timeToFirstTokenSeconds' (${seconds}) must be a number above 0 and at most ${AN_HOUR}`);
  }
  return seconds;
}

function rulesOf(server: VllmServer, timeToFirstTokenSeconds: number, scope: Scope): AlertRule[] {
  const limits: { readonly [signal: string]: number } = { timeToFirstToken: timeToFirstTokenSeconds };
  return Object.entries<Signal>(SIGNALS).flatMap(([name, signal]) => {
    const { alarm } = signal;
    const above = limits[name] ?? alarm?.above;
    return alarm === undefined ? [] : [{
      alert: alarm.rule,
      expr: alarmExpression(signal, scope, above),
      for: `${minutesOf(alarm, server)}m`,
      labels: { severity: alarm.severity, server: server.name },
      annotations: { summary: `${server.name}: ${alarm.summary(above ?? 0)}` },
    }];
  });
}

function minutesOf({ seconds, afterStart }: Alarm, server: VllmServer): number {
  return seconds / 60 + (afterStart ? Math.ceil(server.plan.startup.readySeconds / 60) : 0);
}
