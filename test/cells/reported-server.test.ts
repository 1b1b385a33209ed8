import { reportedServer } from '../../lib/cells/reported-server';
import { server, unit } from '../serving/rendered';

test('what runs is the image that the pods have', () => {
  const own = server(unit(), { image: 'registry.example.com/vllm:v0.33.0' });
  const { workloads } = reportedServer(own, { id: 'own', workloads: [own], units: [] });
  expect(workloads.map(({ image }) => image)).toEqual(['registry.example.com/vllm:v0.33.0']);
});
