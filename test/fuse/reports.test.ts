import { ModelEvaluation } from '../../lib';
import { ClientProgram } from '../programs/client-program';
import { good, PlayedServer } from '../programs/locust-faults';
import { LocustRun } from '../programs/locust-run';
import { BucketServer } from '../rig/bucket';
import { GcsFuseMount, whyNoMounts } from '../rig/fuse/gcs-fuse-mount';
import { programFolder } from '../rig/program-folder';
import { BatchOnMount, subjectOf, Victim } from './batch-on-mount';

const EVALUATION = programFolder(ModelEvaluation.programImage().programs);
/** Of each kind of bucket; three times as many of an evaluation, which is short. By hand: REPORT_KILLS=4 npm run test:fuse -- reports */
const KILLS = Number(process.env.REPORT_KILLS ?? 1);
const LINES = 200;
const BUCKETS: [string, boolean][] = [['flat', false], ['hierarchical', true]];
const VICTIMS: Victim[] = ['writer', 'mount', 'both'];

const reason = whyNoMounts();
const withMounts = reason === undefined ? describe : describe.skip;

let batch: BatchOnMount;

afterEach(async () => batch?.stop());

/** Each file on its way up, and when it gets its name. */
function momentsOf(...files: string[]): RegExp[] {
  return files.flatMap(file => [new RegExp(`^POST .*/${file}\\.new&`), new RegExp(`/${file}\\.new/moveTo`)]);
}

/** Throws when a report is there under its name and is not whole. */
function expectWhole(bucket: BucketServer): string[] {
  const reports = [...bucket.objects.keys()].filter(name => /\/(evaluation|report|summary|requests|failures)\.(html|json|csv)$/.test(name));
  for (const name of reports) {
    const text = bucket.objects.get(name)!.content.toString();
    if (name.endsWith('.json')) {
      JSON.parse(text);
    }
    expect(text.trimEnd()).toMatch(name.endsWith('.html') ? /<\/html>$/ : name.endsWith('.csv') ? /[^,\r\n]$/ : /\}$/);
  }
  return reports;
}

/** Kills at the request for one of these, and says whether it came to that. */
function killAt(wanted: RegExp, victim: Victim, end: () => void, mount: GcsFuseMount): { readonly killed: () => Promise<boolean> } {
  let killed: Promise<void> | undefined;
  batch.bucket.fault = (request) => {
    if (killed !== undefined || !wanted.test(subjectOf(request))) {
      return undefined;
    }
    if (victim !== 'mount') {
      end();
    }
    killed = victim === 'writer' ? Promise.resolve() : mount.kill();
    return Math.random() < 0.5 ? { reset: 'before' } : undefined;
  };
  return {
    killed: async () => {
      await killed;
      batch.bucket.fault = undefined;
      return killed !== undefined;
    },
  };
}

withMounts(`reports on the real gcsfuse${reason === undefined ? '' : `: skipped, ${reason}`}`, () => {
  test.each(BUCKETS)('an evaluation that is killed in a %s bucket leaves no half page', async (kind, hierarchical) => {
    batch = await BatchOnMount.start({ hierarchical, lines: LINES, answerBytes: 2000 });
    const answers = await batch.mount();
    expect(await batch.run(answers).code()).toBe(0);
    let mount = await batch.mount('reports');
    const moments = momentsOf('evaluation.json', 'evaluation.html');
    const program = (): ClientProgram => new ClientProgram(EVALUATION, [answers.path, batch.labels, mount.path]);
    for (let count = 0; count < 3 * KILLS; count++) {
      const run = program();
      const { killed } = killAt(moments[count % moments.length], VICTIMS[count % VICTIMS.length], () => run.child.kill('SIGKILL'), mount);
      expect(await run.code()).not.toBe(0);
      expect(await killed()).toBe(true);
      expectWhole(batch.bucket);
      await batch.unmount(mount);
      mount = await batch.mount('reports');
    }
    expect(await program().code()).toBe(0);
    expect(expectWhole(batch.bucket)).toEqual(['reports/evaluation.json', 'reports/evaluation.html']);
    expect(JSON.parse(batch.bucket.objects.get('reports/evaluation.json')!.content.toString())).toMatchObject({ right: LINES, accuracy: 1 });
    process.stdout.write(`\nevaluation on gcsfuse: ${kind}, ${3 * KILLS} kills, 0 half\n`);
  });

  test.each(BUCKETS)('a load test that is killed in a %s bucket leaves no half page', async (kind, hierarchical) => {
    batch = await BatchOnMount.start({ hierarchical, lines: 1, answerBytes: 10 });
    const server = await new PlayedServer(() => ['one', good]).listen();
    const moments = momentsOf('report.html', 'summary.json', 'requests.csv');
    try {
      for (let count = 0; count <= KILLS; count++) {
        const mount = await batch.mount();
        const run = await LocustRun.start({
          target: server.url, users: 2, workers: 1, resultsFolder: mount.path,
          settings: { runSeconds: 1, spawnRate: 100, firstTokenTimeoutSeconds: 10, stallTimeoutSeconds: 10, answerTimeoutSeconds: 15 },
        });
        const { killed } = count < KILLS
          ? killAt(moments[count % moments.length], VICTIMS[count % VICTIMS.length], () => run.master.process.kill('SIGKILL'), mount)
          : { killed: async () => false };
        await run.master.exited;
        expect(await killed()).toBe(count < KILLS);
        await run.stop();
        expect(run.output).not.toContain('Traceback');
        const reports = expectWhole(batch.bucket);
        expect(count === KILLS ? reports.length : 4).toBeGreaterThanOrEqual(4);
        await batch.unmount(mount);
      }
    } finally {
      await server.stop();
    }
    process.stdout.write(`\nload test on gcsfuse: ${kind}, ${KILLS} kills, 0 half\n`);
  });
});
