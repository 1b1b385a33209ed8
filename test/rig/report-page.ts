import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Browser, BrowserContext, Page } from 'playwright-core';

const OUTPUT = resolve(__dirname, '../output/report');

export interface Look {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly javaScriptEnabled?: boolean;
}

interface AxeNode { readonly html: string; readonly failureSummary: string }

/** What axe finds: https://github.com/dequelabs/axe-core/blob/develop/doc/API.md */
interface AxeResults {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly AxeNode[] }[];
  readonly passes: readonly { readonly id: string }[];
}

/** The page of a report, as a person opens it: a file without a server. */
export class ReportPage {
  static async open(browser: Browser, text: string, { width = 1024, ...look }: Look = {}): Promise<ReportPage> {
    mkdirSync(OUTPUT, { recursive: true });
    const context = await browser.newContext({ viewport: { width, height: 900 }, ...look });
    const opened = new ReportPage(context, await context.newPage());
    const file = join(OUTPUT, 'index.html');
    writeFileSync(file, text);
    await opened.page.goto(pathToFileURL(file).href);
    return opened;
  }

  /** Addresses that the page asked for, its own first. */
  readonly requests: string[] = [];
  /** What the browser had to say of it. */
  readonly messages: string[] = [];

  private constructor(private readonly context: BrowserContext, readonly page: Page) {
    page.on('request', request => this.requests.push(request.url()));
    page.on('pageerror', error => this.messages.push(error.message));
    page.on('console', message => this.messages.push(message.text()));
  }

  async unfold(): Promise<void> {
    for (const summary of await this.page.locator('summary').all()) {
      await summary.click();
    }
  }

  /** Elements that reach beyond the right edge of the window. */
  async tooWide(): Promise<string[]> {
    return this.page.evaluate<string[]>(`[...document.querySelectorAll('body *')].filter(one => !one.closest('.skip'))
      .filter(one => one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 120))`);
  }

  /** What axe finds, as `rule: element: what is wrong`, and how many rules held. */
  async axe(): Promise<{ violations: string[]; passes: number }> {
    // The page's own policy lets no script in; what the browser evaluates for a debugger is no part of it.
    await this.page.evaluate(readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
    const { violations, passes } = await this.page.evaluate<AxeResults>('axe.run()');
    return { violations: violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html}: ${node.failureSummary}`)), passes: passes.length };
  }

  /** Kept beside the tests, to be looked at. */
  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: join(OUTPUT, `${name}.png`), fullPage: true });
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
