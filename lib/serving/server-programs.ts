import { SharedFiles } from '../common/shared-files';
import { programFiles } from '../pods';

/** The programs in a server's pod: the check of its weights before it starts, and the drain when it is asked to leave. */
export const SERVER_PROGRAMS: SharedFiles = {
  folder: 'vllm-server', data: programFiles(__dirname, [], ['exits.json', 'exits.py', 'weights.json', 'weights_names.py']),
};
