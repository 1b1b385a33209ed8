import { SpeedCoefficients } from './speed-coefficients';

export interface ApiServerProps {
  /** Number of its processes. */
  readonly count: number;
  /** Whether each token is sent as soon as it is there. */
  readonly stream: boolean;
}

/** The processes between clients and engine. Each does one thing at a time: it hands on tokens, and takes requests between them. */
export class ApiServer {
  /** Share of its time that streams leave. */
  private left = 1;
  private share = 1;
  private freeAt = 0;

  constructor(private readonly props: ApiServerProps, private readonly fitted: SpeedCoefficients) {}

  /** Seconds that it takes to hand on the tokens of a step of that length; what it falls behind, it sends in fewer events. */
  stream(tokens: number, requests: number, stepSeconds: number): number {
    const { fitted, props } = this;
    const perToken = props.stream ? fitted.streamedSeconds : fitted.keptSeconds;
    const needed = (tokens * perToken + requests * fitted.serverSeconds) / props.count;
    this.left = Math.max(0, 1 - needed / stepSeconds);
    return needed * Math.max(1, needed / stepSeconds) ** -fitted.merging;
  }

  /**
   * When the engine has requests that come together. All that wait are worked on in turns, and when streams take all the time, a request
   * gets as many turns as a stream.
   */
  take(requests: number, at: number, streams: number): number {
    const work = this.fitted.serverSeconds / this.props.count;
    const waiting = requests + Math.max(0, this.freeAt - at) * this.share / work;
    this.share = Math.max(this.left, waiting / (waiting + streams));
    this.freeAt = at + waiting * work / this.share;
    return this.freeAt + this.fitted.requestSeconds / 2;
  }
}
