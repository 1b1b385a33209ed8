import { textOf } from '../../scripts/docs/pages';

/** What is wanted, and how it is had, of every row of the page's tables of wishes. */
const WISHES = [...textOf('docs/platform.md').split('## Images')[0].matchAll(/^\| (.+?) \| (.+?) \|$/gm)]
  .map(([, wish, how]) => ({ wish, how })).filter(({ wish }) => !/^(?:what you want|---)/.test(wish));

test('the page has a row for each wish, and no wish twice', () => {
  expect(WISHES.length).toBeGreaterThanOrEqual(40);
  expect(new Set(WISHES.map(({ wish }) => wish)).size).toBe(WISHES.length);
});

test('at most three are had by a patch or an overlay alone', () => {
  expect(WISHES.filter(({ how }) => /patch|overlay/i.test(how)).map(({ wish }) => wish).length).toBeLessThanOrEqual(3);
});

test('what is not there has its reason', () => {
  for (const { wish, how } of WISHES.filter(({ how: text }) => /^no\b/.test(text))) {
    expect([wish, how]).toEqual([wish, expect.stringMatching(/^no: .{20,}/)]);
  }
});
