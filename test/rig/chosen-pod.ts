import { execFileSync } from 'node:child_process';
import { Testing } from 'cdk8s';
import { Accelerator, Model, VllmServer, WeightsStorage, WeightsVolume } from '../../lib';
import { GeneratedCell } from './vllm-cell';
import { VllmPod } from './vllm-pod';

const CHOSEN = ['--api-server-count', '--max-num-seqs', '--max-num-batched-tokens'];

/** What the plan chooses for the load of which four API servers were measured to be faster than one. */
export function chosenArguments(): string[] {
  const chart = Testing.chart();
  const storage = WeightsStorage.gcsFuse({ bucket: 'models' });
  const weights = new WeightsVolume(chart, 'weights', { model: Model.LLAMA_3_1_8B_INSTRUCT, storage });
  const server = new VllmServer(chart, 'server', {
    weights, accelerator: Accelerator.H200, optimizeFor: 'throughput', inputTokens: 128, outputTokens: 512, clients: 256,
  });
  return server.args.filter(arg => CHOSEN.includes(arg.split('=')[0]));
}

/** A pod of the cell with these arguments, as slow as a large model. */
export function startChosen(cell: GeneratedCell): Promise<VllmPod> {
  return VllmPod.start({ cell, paced: true, args: chosenArguments() });
}

/** Process ids and resident bytes of the API servers of a pod. */
export function apiServers(pod: VllmPod): { readonly pid: number; readonly bytes: number }[] {
  const rows = execFileSync('ps', ['-e', '-o', 'pid=,pgid=,rss=,args='], { encoding: 'utf8' }).trim().split('\n');
  return rows.map(row => row.trim().split(/\s+/)).filter(([, group, , command]) => Number(group) === pod.server.pid && command.startsWith('VLLM::APIServer'))
    .map(([pid, , kibibytes]) => ({ pid: Number(pid), bytes: 1024 * Number(kibibytes) }));
}
