import { Accelerator, MachineType } from '../../lib';
import { defaultServerName, LONGEST_SERVER_NAME } from '../../lib/serving/server-name';
import { server, unit } from './rendered';

test('as the guides have it', () => {
  expect(defaultServerName({ storage: 'gcs', accelerator: 'l4' })).toBe('vllm-openai-gcs-l4');
  expect(defaultServerName({ storage: 'gcs', variant: 'llama33-70b', accelerator: 'a100' })).toBe('vllm-openai-gcs-llama33-70b-a100');
});

test('a name that would be too long is cut', () => {
  const name = defaultServerName({ storage: 'gcs', variant: 'v'.repeat(50), accelerator: 'l4' });
  expect(name).toMatch(/^vllm-openai-gcs-v+-[0-9a-f]{8}$/);
  expect(name).toHaveLength(LONGEST_SERVER_NAME);
});

test.each([['H100_SXM', 'vllm-openai-gcs-h100-sxm'], ['h'.repeat(60), /^vllm-openai-gcs-h+-[0-9a-f]{8}$/]])('a server on accelerator %s', (id, name) => {
  const accelerator = Accelerator.of({ ...Accelerator.H100, id });
  const machineType = MachineType.of({ ...MachineType.fromName('a3-highgpu-1g'), accelerator });
  expect(server(unit(), { accelerator, machineType }).name).toMatch(name);
});
