import { ClientProgram } from '../programs/client-program';
import { SeenRequest } from '../rig/faulty-server';
import { GcsFuseMount } from '../rig/fuse/gcs-fuse-mount';
import { BatchOnMount, IN_FLIGHT, subjectOf, Victim } from './batch-on-mount';

interface Moment {
  /** What the bucket is asked for then. */
  readonly request: RegExp;
  /** Of so many such requests one is chosen. */
  readonly of: number;
  /** Whether the program is asked to stop before, as what is committed is joined then. */
  readonly stopped?: boolean;
}

/** When something is killed: chosen by what the bucket is asked for, so that the short moments come as often as the long ones. */
export const MOMENTS: { readonly [name: string]: Moment } = {
  'the start': { request: /./, of: 80 },
  'a commit': { request: /^POST .*journal-\d+\/\d+-\d+\.jsonl&/, of: 4 },
  'what comes after a commit': { request: /^GET .*part-\d+-\d+\.jsonl\?/, of: 3 },
  'the draft of a file': { request: /^POST .*\.jsonl\.new&/, of: 1, stopped: true },
  'its move': { request: /part-\d+-\d+\.jsonl\.new\/moveTo/, of: 1, stopped: true },
  'the removal of a commit': { request: /^DELETE .*journal-\d+\/\d+-\d+\.jsonl/, of: 2, stopped: true },
};

export function isCommit(request: SeenRequest): boolean {
  return MOMENTS['a commit'].request.test(subjectOf(request));
}

/** What came of the kills of one batch. */
export class Kills {
  readonly byVictim = { writer: 0, mount: 0, both: 0 };
  readonly byMoment: { [name: string]: number } = {};
  askedAgain = 0;
  private readonly known = new Set<string>();

  constructor(private readonly batch: BatchOnMount) {}

  /** Runs the program until its moment comes; it has ended when this returns, and how is returned. */
  async run(mount: GcsFuseMount, victim: Victim, momentName: string): Promise<number | NodeJS.Signals> {
    const { request: wanted, of, stopped = false } = MOMENTS[momentName];
    let left = 1 + Math.floor(Math.random() * of);
    let killed: Promise<void> | undefined;
    const from = this.batch.model.asked.length;
    const program = this.batch.run(mount);
    this.batch.bucket.fault = (request: SeenRequest) => {
      const subject = subjectOf(request);
      if (stopped && isCommit(request)) {
        program.child.kill('SIGTERM');
      }
      if (killed === undefined && wanted.test(subject) && --left === 0) {
        killed = kill(victim, program, mount);
        this.byVictim[victim]++;
        this.byMoment[momentName] = (this.byMoment[momentName] ?? 0) + 1;
        // Nobody hears the answer, whether the bucket has done it or not.
        return Math.random() < 0.5 ? { reset: 'before' } : undefined;
      }
      return undefined;
    };
    const code = await program.code();
    await killed;
    this.batch.bucket.fault = undefined;
    this.count(from);
    return code;
  }

  /** What was asked since then and had been asked before: no more than was in flight when something was killed. */
  count(from: number): void {
    const asked = this.batch.model.asked.slice(from);
    const again = asked.filter(question => this.known.has(question)).length;
    expect(again).toBeLessThanOrEqual(IN_FLIGHT);
    expect(new Set(asked).size).toBe(asked.length);
    this.askedAgain += again;
    asked.forEach(question => this.known.add(question));
  }
}

async function kill(victim: Victim, program: ClientProgram, mount: GcsFuseMount): Promise<void> {
  if (victim !== 'mount') {
    program.child.kill('SIGKILL');
  }
  if (victim !== 'writer') {
    await mount.kill();
  }
}
