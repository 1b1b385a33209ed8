import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Browser, BrowserContext, Page } from 'playwright-core';
import { eventually } from './eventually';

const SCREENSHOTS = resolve(__dirname, '../output/gradio-chat');

/** The chat page in a browser of its own, as a person sees and uses it. */
export class ChatPage {
  static async open(browser: Browser, url: string, viewport = { width: 1100, height: 800 }): Promise<ChatPage> {
    const context = await browser.newContext({ viewport });
    const opened = new ChatPage(context, await context.newPage());
    await opened.page.goto(url);
    await opened.question.waitFor();
    return opened;
  }

  /** Addresses that the page asked for. */
  readonly requests: string[] = [];
  /** What its scripts complained of, and answers that were errors. */
  readonly complaints: string[] = [];

  private constructor(private readonly context: BrowserContext, readonly page: Page) {
    page.on('request', request => this.requests.push(request.url()));
    page.on('pageerror', error => this.complaints.push(error.message));
    page.on('console', message => message.type() === 'error' && this.complaints.push(message.text()));
  }

  get question() {
    return this.page.getByRole('textbox', { name: 'Your question' });
  }

  button(name: string) {
    // The arrow of what can be unfolded is part of its name.
    return this.page.getByRole('button', { name: new RegExp(`^${name}( .)?$`) });
  }

  /** The texts of the conversation, oldest first: an answer with what the page says below it. */
  async said(): Promise<string[]> {
    return (await this.page.locator('#conversation .message-row').allInnerTexts()).map(text => text.trim());
  }

  async last(): Promise<string> {
    return (await this.said()).at(-1) ?? '';
  }

  async send(text: string): Promise<void> {
    await this.question.fill(text);
    await this.button('Send').click();
  }

  /** The answer to a question, when the page says that it is over. */
  async ask(text: string, withinSeconds = 60): Promise<string> {
    await this.send(text);
    return this.answered(text, withinSeconds);
  }

  /** The next answer, which has to be another one. */
  async retry(withinSeconds = 60): Promise<string> {
    const before = await this.last();
    const question = (await this.page.locator('#conversation .user-row').allInnerTexts()).at(-1)!.trim();
    await this.button('Retry').click();
    return this.answered(question, withinSeconds, before);
  }

  /** Waits until a question stands there, and nothing is being written any more. */
  async answered(question: string, withinSeconds = 300, not = ''): Promise<string> {
    const seen: string[] = [];
    await eventually(`an answer to ${question.slice(0, 60)}`, async () => {
      const said = await this.said();
      const over = said.length >= 2 && said.at(-1) !== not && said.at(-2)!.includes(question.slice(0, 60)) && await this.idle();
      // The page shows its parts one after the other: it is over when nothing changes any more.
      seen.push(over ? said.join('\n') : '');
      return over && seen.length > 4 && new Set(seen.slice(-4)).size === 1;
    }, withinSeconds).catch(async (error: Error) => {
      throw new Error(`${error.message}. The page says: ${JSON.stringify(await this.said())}`);
    });
    return this.last();
  }

  async idle(): Promise<boolean> {
    return await this.button('Send').isVisible() && await this.button('Retry').isEnabled();
  }

  async renew(): Promise<void> {
    await this.button('New conversation').click();
    await eventually('an empty conversation', async () => (await this.said()).length === 0);
  }

  /** Kept beside the tests, to be looked at. */
  async screenshot(name: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
