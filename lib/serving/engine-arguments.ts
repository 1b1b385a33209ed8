import { VllmRelease } from '../catalog';

/** What the server is told besides its engine: https://github.com/vllm-project/vllm/blob/main/vllm/entrypoints/openai/cli_args.py */
const OF_THE_SERVER = ['FrontendArgs', 'ServeSubcommand', 'AsyncEngineArgs'];

/** Arguments of `vllm serve` without the model and without those that only a server has, for what loads the same engine by itself. */
export function engineArguments(release: VllmRelease, args: readonly string[]): string[] {
  let isOfServer = false;
  return args.slice(1).filter((arg) => {
    // What is no flag is a value of the flag before it.
    isOfServer = arg.startsWith('--') ? OF_THE_SERVER.includes(release.flag(arg.split('=')[0]).sets.split('.')[0]) : isOfServer;
    return !isOfServer;
  });
}
