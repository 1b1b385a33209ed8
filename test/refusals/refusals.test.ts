import { temporaryFolders } from '../kustomize/folders';
import { serverIn, unitOf } from './case';
import { EXTRA_ARGUMENTS } from './cases/extra-arguments';
import { GOALS } from './cases/goals';
import { LIFECYCLE } from './cases/lifecycle';
import { MANIFEST } from './cases/manifest';
import { MEMORY } from './cases/memory';
import { PLACEMENT } from './cases/placement';
import { RELEASE } from './cases/release';
import { KEY, SECRETS } from './cases/secrets';
import { fillOutput, refusalOf } from './untouched';

const temporaryFolder = temporaryFolders();
const ALL = Object.entries({ ...MEMORY, ...PLACEMENT, ...RELEASE, ...EXTRA_ARGUMENTS, ...LIFECYCLE, ...MANIFEST, ...SECRETS, ...GOALS });

describe.each(ALL)('%s', (_, ways) => {
  test.each(Object.entries(ways))('%s', (_, program) => {
    const root = temporaryFolder();
    fillOutput(root);
    expect(refusalOf(root, program)).toMatchSnapshot();
  });
});

test.each(Object.entries(SECRETS).flatMap(([, ways]) => Object.entries(ways)))('a secret %s is not repeated', (_, program) => {
  const root = temporaryFolder();
  fillOutput(root);
  const message = refusalOf(root, program);
  expect(message).not.toContain(KEY.slice(0, 8));
});

test('every refusal has several ways, and every message says what was wrong and what to do', () => {
  const count = ALL.reduce((sum, [, ways]) => sum + Object.keys(ways).length, 0);
  console.log(`${count} bad programs, ${ALL.length} refusals`);
  expect(count).toBeGreaterThanOrEqual(70);
  expect(ALL.filter(([, ways]) => Object.keys(ways).length < 3).map(([refusal]) => refusal)).toEqual([]);
});

test('the checks can fail: a good program is not refused, and a write is seen', () => {
  const root = temporaryFolder();
  fillOutput(root);
  expect(() => refusalOf(root, app => serverIn(unitOf(app)))).toThrow('nothing was refused');
  expect(() => refusalOf(root, (app) => {
    fillOutput(temporaryFolder());
    unitOf(app);
  })).toThrow(/write \//);
});
