import { IncomingMessage, ServerResponse } from 'node:http';
import { LoopbackServer } from '../rig/loopback-server';

interface Question {
  readonly messages: readonly [{ readonly content: string }];
}

/** Plays a model that answers at once, with a label and as many bytes as it is told. */
export class AnsweringModel extends LoopbackServer {
  static readonly NAME = 'tiny';

  /** Every question in the order in which they came. */
  readonly asked: string[] = [];

  constructor(private readonly answerBytes: number) {
    super();
  }

  /** What it says to a question. */
  answer(question: string): string {
    return `yes, ${question} `.padEnd(this.answerBytes, 'so it is, ');
  }

  protected async serve(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    response.writeHead(200, { 'content-type': 'application/json' });
    if (request.method === 'GET') {
      response.end(JSON.stringify({ data: [{ id: AnsweringModel.NAME }] }));
      return;
    }
    const question = (JSON.parse(body.toString()) as Question).messages[0].content;
    this.asked.push(question);
    response.end(JSON.stringify({ id: `chat-${question}`, choices: [{ message: { content: this.answer(question) }, finish_reason: 'stop' }] }));
  }
}
