import { temporaryFolders } from '../kustomize/folders';
import { Refusals } from './case';
import { NETWORK } from './cases/everyday/network';
import { PODS } from './cases/everyday/pods';
import { SERVERS } from './cases/everyday/servers';
import { fillOutput, refusalOf } from './untouched';

const temporaryFolder = temporaryFolders();
const EVERYDAY: Refusals = { ...PODS, ...NETWORK, ...SERVERS };
const WAYS = Object.entries(EVERYDAY).flatMap(([refusal, ways]) => Object.entries(ways).map(([way, program]) => [refusal, way,
  program] as const));

test.each(WAYS)('everyday props: %s: %s', (_, way, program) => {
  const root = temporaryFolder();
  fillOutput(root);
  const message = refusalOf(root, program);
  expect(message).toMatchSnapshot();
  expect([way, message.includes('Pa55word')]).toEqual([way, false]);
});

test('there are at least 60 of them', () => {
  console.log(`${WAYS.length} bad uses of everyday props, ${Object.keys(EVERYDAY).length} refusals`);
  expect(WAYS.length).toBeGreaterThanOrEqual(60);
});
