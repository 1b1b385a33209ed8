import { readFileSync } from 'node:fs';
import { VALUES_FILE, valuesModule } from '../../scripts/vllm-registry/values';

test('the types of values are those of the committed registries', () => {
  const text = readFileSync(VALUES_FILE, 'utf8');
  expect(text).toBe(valuesModule());
  expect(text.match(/^ {2}\| '/gm)!.length).toBeGreaterThan(50);
  expect(text).toMatch(/export type VllmDtype =\n {2}\| 'auto'\n/);
});
