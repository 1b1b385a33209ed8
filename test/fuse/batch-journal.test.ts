import { ModelEvaluation } from '../../lib';
import { ClientProgram } from '../programs/client-program';
import { BucketPolicy } from '../gke/bucket-policy';
import { committedWorlds } from '../gke/worlds';
import { eventually } from '../rig/eventually';
import { GcsFuseMount, whyNoMounts } from '../rig/fuse/gcs-fuse-mount';
import { guard } from '../rig/guarded-bucket';
import { programFolder } from '../rig/program-folder';
import { BatchOnMount, IN_FLIGHT, OUTPUT, Victim } from './batch-on-mount';
import { isCommit, Kills, MOMENTS } from './kills';

const EVALUATION = programFolder(ModelEvaluation.programImage().programs);
/** Of each kind of bucket. More by hand: JOURNAL_KILLS=100 npm run test:fuse -- batch-journal */
const KILLS = Number(process.env.JOURNAL_KILLS ?? 12);
const ROUNDS = Math.ceil(KILLS / 12);
const MIB = 2 ** 20;
const BUCKETS: [string, boolean][] = [['flat', false], ['hierarchical', true]];

const reason = whyNoMounts();
const withMounts = reason === undefined ? describe : describe.skip;

let batch: BatchOnMount;

afterEach(async () => batch?.stop());

function print(text: string): void {
  process.stdout.write(`\nbatch on gcsfuse: ${text}\n`);
}

/** The evaluation as a user runs it on the folder. */
async function evaluation(mount: GcsFuseMount): Promise<ClientProgram> {
  const program = new ClientProgram(EVALUATION, [mount.path, batch.labels, batch.reports]);
  await program.code();
  return program;
}

/** Every line has its record once, nothing else lies beside them, and the evaluation reads them all. */
async function expectComplete(mount: GcsFuseMount): Promise<void> {
  expect(batch.answered().sort()).toEqual([...batch.questions].sort());
  expect(batch.names.filter(name => !/^(part-00000-\d{5}\.jsonl|(manifest|summary)-00000\.json|)$/.test(name))).toEqual([]);
  expect(JSON.parse(batch.textOf('summary-00000.json'))).toMatchObject({ answers: batch.questions.length, errors: 0 });
  expect((await evaluation(mount)).output).toContain(`${batch.questions.length} of ${batch.questions.length} are right`);
}

withMounts(`a batch on the real gcsfuse${reason === undefined ? '' : `: skipped, ${reason}`}`, () => {
  test.each(BUCKETS)('what 12 MB of records cost in a %s bucket', async (kind, hierarchical) => {
    batch = await BatchOnMount.start({ hierarchical, lines: 1500 });
    const forbidden = guard(batch.bucket, new BucketPolicy(committedWorlds()), OUTPUT.account);
    const mount = await batch.mount();
    const start = performance.now();
    expect(await batch.run(mount).code()).toBe(0);
    const seconds = (performance.now() - start) / 1000;
    const { down, up, softDeleted } = batch.bucket.bytes;
    batch.bucket.fault = undefined;
    expect(forbidden).toEqual([]);
    const reader = await batch.mount();
    await expectComplete(reader);
    const of = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB (${Math.round(bytes / 1500)} bytes a record)`;
    print(`${kind}, 1500 answers of 8 kB in ${seconds.toFixed(1)} s: down ${of(down)}, up ${of(up)}, soft-deleted ${of(softDeleted)},`
      + ` ${batch.bucket.seen.length} requests`);
    expect(down).toBeLessThanOrEqual(40 * MIB);
    expect(up).toBeLessThanOrEqual(60 * MIB);
    expect(softDeleted).toBeLessThanOrEqual(60 * MIB);
    expect(mount.complaints).toEqual([]);
    const [writing, reading] = [mount.peakBytes, reader.peakBytes].map(peak => Math.round(peak / MIB));
    print(`${kind}, gcsfuse itself: ${writing} MiB where it writes, ${reading} where it reads, of ${OUTPUT.sidecarBytes / MIB}`);
    // A pod of an evaluation reads two folders and writes one.
    expect(writing + 2 * reading).toBeLessThan(OUTPUT.sidecarBytes / MIB);
  });

  test.each(BUCKETS)('killed again and again in a %s bucket: nothing is lost, twice or half there', async (kind, hierarchical) => {
    batch = await BatchOnMount.start({ hierarchical, lines: 100 * KILLS, answerBytes: 2000 });
    const kills = new Kills(batch);
    const victims: Victim[] = ['writer', 'mount', 'both'];
    const moments = Object.keys(MOMENTS);
    const codes = new Map<number | string, number>();
    let mount = await batch.mount();
    for (let count = 0; count < KILLS; count++) {
      const victim = victims[(count + Math.floor(count / moments.length)) % victims.length];
      const code = await kills.run(mount, victim, moments[count % moments.length]);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      const answered = batch.answered();
      expect(new Set(answered).size).toBe(answered.length);
      // A new pod finds a mount of its own, while the last one may still be writing.
      const last = mount;
      mount = await batch.mount();
      expect((await evaluation(mount)).output).toMatch(/the batch is not complete: (1 of 1 shards|there is no (batch|folder))/);
      await batch.unmount(last);
    }
    const from = batch.model.asked.length;
    expect(await batch.run(mount).code()).toBe(0);
    kills.count(from);
    await expectComplete(mount);
    expect(Object.values(kills.byVictim).reduce((sum, each) => sum + each, 0)).toBe(KILLS);
    const { bytes } = batch.bucket;
    const records = batch.questions.length;
    const stored = batch.names.reduce((sum, name) => sum + batch.textOf(name).length, 0);
    // Up as a commit, up again in a file; what is replaced is the commit and the draft. Every start reads what is there.
    expect(bytes.up).toBeLessThan(3 * stored);
    expect(bytes.softDeleted).toBeLessThan(3 * stored);
    expect(bytes.down).toBeLessThan((KILLS + 1) * stored);
    print(`${kind}, ${KILLS} kills (${list(kills.byVictim)}; at ${list(kills.byMoment)}), exit codes ${list(Object.fromEntries(codes))}:`
      + ` ${records} records of 2 kB, 0 lost, 0 twice, 0 half, ${kills.askedAgain} asked again; bytes a record:`
      + ` ${list({ down: bytes.down / records, up: bytes.up / records, 'soft-deleted': bytes.softDeleted / records })}`);
  });

  test.each(BUCKETS)('two programs of one shard on two mounts of a %s bucket: each record is there once', async (kind, hierarchical) => {
    const codes = new Map<number | string, number>();
    for (let round = 0; round < ROUNDS; round++) {
      batch = await BatchOnMount.start({ hierarchical, lines: 120, answerBytes: 2000 });
      const mounts = [await batch.mount(), await batch.mount()];
      let ended: (number | string)[] = [];
      for (let tries = 0; !ended.includes(0) && tries < 20; tries++) {
        ended = await Promise.all(mounts.map(mount => batch.run(mount).code()));
        ended.forEach(code => codes.set(code, (codes.get(code) ?? 0) + 1));
        expect([0, 74, 75]).toEqual(expect.arrayContaining(ended));
      }
      // The one that was slower may have been killed by then, or go on: it has nothing left to do
      expect(await batch.run(mounts[1]).code()).toBe(0);
      await expectComplete(mounts[0]);
      await batch.stop();
    }
    print(`${kind}, ${ROUNDS} rounds of two programs: exit codes ${list(Object.fromEntries(codes))}, 0 lost, 0 twice`);
  });

  test.each(BUCKETS)('a program that sleeps while another one completes its shard in a %s bucket adds nothing', async (kind, hierarchical) => {
    const codes = new Map<number | string, number>();
    for (let round = 0; round < ROUNDS; round++) {
      batch = await BatchOnMount.start({ hierarchical, lines: 120, answerBytes: 2000 });
      const [mount, other] = [await batch.mount(), await batch.mount()];
      const sleeper = batch.run(mount);
      let before = 1 + round % 6;
      batch.bucket.fault = (request) => {
        if (isCommit(request) && --before === 0) {
          sleeper.child.kill('SIGSTOP');
        }
        return undefined;
      };
      await eventually('it sleeps', async () => before <= 0);
      let code: number | string = 75;
      for (let tries = 0; code === 75 && tries < 5; tries++) {
        code = await batch.run(other).code();
      }
      expect(code).toBe(0);
      const { length } = batch.model.asked;
      sleeper.child.kill('SIGCONT');
      code = await sleeper.code();
      expect(code).toBe(75);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      expect(batch.answered().sort()).toEqual([...batch.questions].sort());
      // What it has left behind goes with the next run, which asks nothing
      expect(await batch.run(other).code()).toBe(0);
      expect(batch.model.asked.length - length).toBeLessThanOrEqual(IN_FLIGHT);
      await expectComplete(other);
      await batch.stop();
    }
    print(`${kind}, ${ROUNDS} rounds of a sleeper: exit codes ${list(Object.fromEntries(codes))}, 0 lost, 0 twice`);
  });

  test.each(BUCKETS)('a %s bucket that forbids, is busy or slow: an end or a delay, and nothing lost', async (kind, hierarchical) => {
    batch = await BatchOnMount.start({ hierarchical, lines: 160, answerBytes: 2000 });
    const mount = await batch.mount();
    let after = 3;
    batch.bucket.fault = request => isCommit(request) && --after < 0 ? { status: 403 } : undefined;
    const forbidden = batch.run(mount);
    expect(await forbidden.code()).toBe(74);
    expect(forbidden.output).toContain('input or output failed: Permission denied');
    let busy = 2;
    batch.bucket.fault = request => isCommit(request) && --busy >= 0 ? { status: 503 } : { delayMs: 5 };
    expect(await batch.run(mount).code()).toBe(0);
    expect(busy).toBeLessThan(0);
    batch.bucket.fault = undefined;
    await expectComplete(mount);
    expect(kind).toBe(hierarchical ? 'hierarchical' : 'flat');
  });
});

function list(counts: { readonly [name: string]: number }): string {
  return Object.entries(counts).map(([name, count]) => `${name} ${Math.round(count)}`).join(', ');
}
