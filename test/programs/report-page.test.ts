import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Browser } from 'playwright-core';
import { Accelerator, KustomizeApp, Model, ServingReport, VllmCell } from '../../lib';
import { startBrowser } from '../rig/browser';
import { Look, ReportPage } from '../rig/report-page';

const COMMITTED = readFileSync(join(__dirname, '../../dist/report/index.html'), 'utf8');
const LOOKS = [375, 1024, 1920].flatMap(width => (['light', 'dark'] as const).map(colorScheme => ({ width, colorScheme })));
const MANY = 200;

let browser: Browser;
let opened: ReportPage | undefined;

beforeAll(async () => {
  browser = await startBrowser();
});

afterEach(async () => opened?.close());
afterAll(async () => browser?.close());

async function open(text = COMMITTED, look?: Look): Promise<ReportPage> {
  opened = await ReportPage.open(browser, text, look);
  return opened;
}

/** The committed page with a piece of it replaced. */
function planted(right: string, wrong: string): string {
  expect(COMMITTED).toContain(right);
  return COMMITTED.replace(right, wrong);
}

test.each(LOOKS)('it asks nobody, says nothing and fits: %j', async (look) => {
  const report = await open(COMMITTED, look);
  await report.screenshot(`folded-${look.width}-${look.colorScheme}`);
  await report.unfold();
  expect(await report.tooWide()).toEqual([]);
  expect(await report.page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  await report.screenshot(`${look.width}-${look.colorScheme}`);
  expect(report.requests).toHaveLength(1);
  expect(report.messages).toEqual([]);
});

test.each([LOOKS[0], LOOKS[3]])('axe finds nothing, folded and unfolded: %j', async (look) => {
  const report = await open(COMMITTED, look);
  expect((await report.axe()).violations).toEqual([]);
  await report.unfold();
  const { violations, passes } = await report.axe();
  expect(violations).toEqual([]);
  expect(passes).toBeGreaterThan(20);
});

test('planted faults are found: a request, a script, a picture without a name, faint text', async () => {
  const asking = await open(planted('<footer>', '<footer><img alt="x" src="https://example.com/x.png"><script>1</script>'));
  expect(asking.messages).toEqual(expect.arrayContaining([expect.stringContaining('Content Security Policy')]));
  expect(asking.messages.length).toBeGreaterThanOrEqual(2);
  await asking.close();
  const faint = await open(planted('--soft:#57606a', '--soft:#c7d0da').replace('role=img aria-label="Bar of the figures below"', 'role=img'),
    { colorScheme: 'light' });
  await faint.unfold();
  const { violations } = await faint.axe();
  expect(violations.map(text => text.split(':')[0])).toEqual(expect.arrayContaining(['color-contrast', 'svg-img-alt']));
});

test('something planted that is wider than the window is found', async () => {
  const wide = await open(planted('</h1>', '</h1><div style="width: 900px">x</div>'), { width: 375 });
  expect(await wide.tooWide()).toEqual(['<div style="width: 900px">x</div>']);
});

test('the keyboard leads from the skip link to the cells, and unfolds them', async () => {
  const { page } = await open();
  const focused = () => page.evaluate<string>('document.activeElement.textContent.trim()');
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('Skip to the cells');
  expect(await page.evaluate('document.querySelector(".skip").getBoundingClientRect().left >= 0')).toBe(true);
  await page.keyboard.press('Enter');
  expect(await focused()).toBe('The cells');
  await page.keyboard.press('Tab');
  expect(await focused()).toMatch(/^t4-gcs /);
  expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
  await page.keyboard.press('Enter');
  expect(await page.locator('#t4-gcs').isVisible()).toBe(true);
});

test('a place in the matrix leads to its cell, which unfolds, or to the reason', async () => {
  const { page } = await open();
  expect(await page.locator('#l4-gcs').isVisible()).toBe(false);
  await page.getByRole('link', { name: 'l4-gcs', exact: true }).click();
  await page.locator('#l4-gcs').waitFor({ state: 'visible' });
  await page.getByRole('link', { name: 't4-hdml', exact: true }).click();
  expect(await page.locator('#t4-hdml').isVisible()).toBe(true);
  const targets = await page.evaluate<boolean[]>('[...document.querySelectorAll("a[href^=\'#\']")].map(link => document.querySelector(link.hash) !== null)');
  expect(targets.length).toBeGreaterThan(20);
  expect(targets).not.toContain(false);
});

test('a screen reader gets the structure: landmarks, headings in their order, tables with heads', async () => {
  const { page } = await open();
  for (const landmark of ['banner', 'main', 'contentinfo'] as const) {
    expect(await page.getByRole(landmark).count()).toBe(1);
  }
  const levels = await page.evaluate<number[]>('[...document.querySelectorAll("h1,h2,h3,h4")].map(one => Number(one.tagName[1]))');
  expect(levels[0]).toBe(1);
  expect(levels.filter((level, index) => index > 0 && level > levels[index - 1] + 1)).toEqual([]);
  expect(await page.getByRole('columnheader').count()).toBeGreaterThan(3);
  expect(await page.getByRole('rowheader', { name: 'NVIDIA L4' }).count()).toBe(1);
  expect(await page.getByRole('table', { name: 'Each cell by its accelerator and its storage' }).count()).toBe(1);
});

test('without JavaScript it is the same, and on paper everything is unfolded in light colours', async () => {
  const { page } = await open(COMMITTED, { javaScriptEnabled: false, colorScheme: 'dark' });
  await page.locator('summary').first().click();
  expect(await page.locator('#t4-gcs').isVisible()).toBe(true);
  await page.emulateMedia({ media: 'print' });
  const bars = page.locator('svg.bar');
  expect(await bars.count()).toBe(2 * await page.locator('details').count());
  for (const bar of await bars.all()) {
    expect((await bar.boundingBox())!.width).toBeGreaterThan(100);
  }
  expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
});

test(`a page of ${MANY} cells opens and is whole`, async () => {
  const report = new ServingReport();
  for (let index = 0; index < MANY; index++) {
    report.add(VllmCell.of(new KustomizeApp(), {
      accelerator: Accelerator.L4, storage: 'gcs', model: Model.QWEN3_8B, variant: `n${index}`, namespace: 'vllm', bucket: 'my-models',
      region: 'us-central1', units: [],
    }));
  }
  const { page, messages } = await open(report.files.get('index.html')!);
  expect(await page.locator('details').count()).toBe(MANY);
  await page.getByRole('link', { name: `l4-gcs-n${MANY - 1}`, exact: true }).click();
  await page.locator(`#l4-gcs-n${MANY - 1} svg.chart`).waitFor({ state: 'visible' });
  expect(messages).toEqual([]);
});
