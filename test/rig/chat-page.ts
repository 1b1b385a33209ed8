import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Browser, BrowserContext, Page } from 'playwright-core';
import { eventually } from './eventually';

const SCREENSHOTS = resolve(__dirname, '../output/gradio-chat');

/** The page has had its turn several times: what it had been told is shown. */
const SOME_FRAMES = `new Promise(done => {
  let left = 6;
  const next = () => left-- > 0 ? requestAnimationFrame(next) : done();
  next();
})`;

/** Notes every length that the last message has. */
const WATCH = `{
  const conversation = document.querySelector('#conversation');
  window.lengths = [];
  new MutationObserver(() => {
    const length = [...conversation.querySelectorAll('.bot-row')].at(-1)?.innerText.length;
    if (length !== undefined && length !== window.lengths.at(-1)) {
      window.lengths.push(length);
    }
  }).observe(conversation, { subtree: true, childList: true, characterData: true });
}`;

/** The chat page in a browser of its own, as a person sees and uses it. */
export class ChatPage {
  static async open(browser: Browser, url: string, viewport = { width: 1100, height: 800 }): Promise<ChatPage> {
    const context = await browser.newContext({ viewport });
    context.setDefaultTimeout(300_000);
    const opened = new ChatPage(context, await context.newPage());
    await opened.page.goto(url);
    await opened.question.waitFor();
    // Gradio sets the title when it has drawn the page.
    await eventually('a title', async () => await opened.page.title() !== '');
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
  async ask(text: string): Promise<string> {
    await this.send(text);
    return this.answered(text);
  }

  /** The next answer, which has to be another one. */
  async retry(): Promise<string> {
    const before = await this.last();
    const question = (await this.page.locator('#conversation .user-row').allInnerTexts()).at(-1)!.trim();
    await this.button('Retry').click();
    return this.answered(question, before);
  }

  /** Asks again until the page says so; a program that waits for little may be too busy for the first try. */
  async retryUntil(answer: string): Promise<void> {
    await eventually(answer, async () => {
      const said = await this.said();
      if (said.at(-1) !== answer && await this.idle()) {
        await this.button('Retry').click();
      }
      return said.at(-1) === answer && await this.idle() && this.stays(said);
    });
  }

  /** Waits until a question stands there, and nothing is being written any more. */
  async answered(question: string, not = ''): Promise<string> {
    await eventually(`an answer to ${question.slice(0, 60)}`, async () => {
      const said = await this.said();
      const [asked, answer] = said.slice(-2);
      return answer !== undefined && answer !== not && asked.includes(question.slice(0, 60)) && await this.idle() && this.stays(said);
    }).catch(async (error: Error) => {
      throw new Error(`${error.message}. The page says: ${JSON.stringify(await this.said())}`);
    });
    return this.last();
  }

  /** Notes from now on how the last answer grows before the reader's eyes, in characters. */
  async watch(): Promise<void> {
    await this.page.evaluate(WATCH);
  }

  async watched(): Promise<number[]> {
    return this.page.evaluate<number[]>('window.lengths');
  }

  /** The page shows its parts one after the other: whether it says no more when it has had its turn. */
  private async stays(said: readonly string[]): Promise<boolean> {
    await this.page.evaluate(SOME_FRAMES);
    return JSON.stringify(await this.said()) === JSON.stringify(said);
  }

  async idle(): Promise<boolean> {
    return await this.button('Send').isVisible() && await this.button('Retry').isEnabled();
  }

  /** Of a conversation that is empty already nobody could tell when the page has heard of it. */
  async renew(): Promise<void> {
    if ((await this.said()).length > 0) {
      await this.button('New conversation').click();
      await eventually('an empty conversation', async () => (await this.said()).length === 0);
    }
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
