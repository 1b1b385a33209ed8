import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { App } from 'cdk8s';
import { Construct } from 'constructs';
import { isUpgraded, releaseNamed, servedRelease } from '../catalog/upgrade-release';
import { orRefusal, Refusal } from '../common/refusal';
import { onlyProps } from '../common/props';
import { PlanFigures, SurveyedServer, UpgradeRun, upgradeRun } from '../common/upgrade-run';
import { serverArguments } from './server-arguments';
import { serverEnvironment } from './server-environment';
import { ServerPlan } from './server-plan';
import { VllmServerProps } from './vllm-server-props';

/** The props of a server with the release that it runs, which is another one while the app is looked at for an upgrade. */
export function propsOfRun(props: VllmServerProps, name: string): VllmServerProps {
  const run = upgradeRun();
  if (run === undefined) {
    return props;
  }
  const release = servedRelease(props.release, name, run);
  // Digest and own image are of what is served now; those of the newer release are known when it is pinned.
  const { image, imageDigest }: Partial<VllmServerProps> = release.version === releaseNamed(run.from).version ? props : {};
  return { ...props, release, requireDigest: false, image, imageDigest };
}

/** A server of an app that is looked at. */
interface Surveyed {
  readonly name: string;
  readonly namespace?: string;
  readonly plan: ServerPlan;
  readonly args: readonly string[];
}

/**
 * Writes what a server is and would be with the other release, if the app is run for that.
 *
 * @throws when the app would write elsewhere than into the run's folder
 */
export function survey(scope: Construct, { name, namespace, plan, args }: Surveyed, props: VllmServerProps): void {
  const run = upgradeRun();
  if (run === undefined) {
    return;
  }
  requireOutdir(scope, run);
  const { release, model, accelerator } = plan.memory;
  const upgraded = isUpgraded(release, run);
  const found: SurveyedServer = {
    name, namespace, release: release.version, upgraded,
    pinned: release.digest !== undefined || props.imageDigest !== undefined || props.image !== undefined,
    model: model.id, architecture: model.architecture, quantization: props.quantization ?? model.quantization, accelerator: accelerator.id,
    args, environment: [...serverEnvironment(plan, props).map(variable => variable.name), ...Object.keys(props.secretEnv ?? {})],
    before: figuresOf(plan), ...upgraded ? afterwards(props, run) : {},
  };
  const folder = join(run.folder, 'servers');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${namespace ?? ''}.${name}.json`), JSON.stringify(found));
}

/** An app of cdk8s alone takes its output folder from the environment, unless it says another one itself. */
function requireOutdir(scope: Construct, { folder }: UpgradeRun): void {
  const { outdir } = App.of(scope);
  if (relative(folder, outdir).startsWith('..')) {
    throw new Refusal(`an upgrade looks at the app without changing anything, but the app writes into ${outdir} whatever CDK8S_OUTDIR says;`
      + ' leave outdir out, or take KustomizeApp');
  }
}

/** With what refuses it: the plan, or an argument or a variable that the release does not know. */
function afterwards(props: VllmServerProps, run: UpgradeRun): Pick<SurveyedServer, 'after' | 'refusal'> {
  const changed = { ...props, release: releaseNamed(run.to) };
  const plan = orRefusal(() => new ServerPlan(props.weights.model, props.weights.storage, onlyProps('ServerPlanProps', changed)));
  if (plan instanceof Refusal) {
    return { refusal: plan.message };
  }
  const refused = orRefusal(() => [serverArguments(plan, changed), serverEnvironment(plan, changed)]);
  return { after: figuresOf(plan), ...refused instanceof Refusal ? { refusal: refused.message } : {} };
}

function figuresOf({ memory, startup }: ServerPlan): PlanFigures {
  const { tensorParallelSize, maxNumSeqs, maxNumBatchedTokens, kvCacheTokens, maxModelLen, largestModelLen } = memory;
  return {
    tensorParallelSize, maxNumSeqs, maxNumBatchedTokens, kvCacheBytes: memory.perGpu.kvCacheBytes, kvCacheTokens, maxModelLen,
    largestModelLen,
    maxConcurrency: Math.round(memory.maxConcurrency * 100) / 100, readySeconds: startup.readySeconds,
  };
}
