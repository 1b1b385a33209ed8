import { VllmServer } from './vllm-server';

/** How often a server is scraped and its rules are evaluated, whoever does it. */
export const SCRAPE = { port: 'http', path: '/metrics', interval: '15s', timeout: '10s' } as const;
export const EVALUATION_INTERVAL = '30s';

/** An alert as both operators take it. */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly [name: string]: string };
  readonly annotations: { readonly [name: string]: string };
}

/** What is scraped of a server, and by which rules it is watched. */
export interface WatchedServer {
  readonly server: VllmServer;
  /** Matches the names of the series that are kept. */
  readonly pattern: string;
  readonly rules: readonly AlertRule[];
}
