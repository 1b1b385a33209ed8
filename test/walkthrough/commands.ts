import { textOf } from '../../scripts/docs/pages';

/** A part of the docs that a reader follows word by word. */
export interface Walkthrough {
  readonly page: string;
  /** Heading that it begins with, and the one that ends it. @default - the whole page */
  readonly between?: readonly [string, string];
}

export const WALKTHROUGHS = {
  start: { page: 'docs/start.md' },
  brownfield: { page: 'docs/brownfield.md' },
  ownApp: { page: 'README.md', between: ['## Your own app', '## Read on'] },
} satisfies { [name: string]: Walkthrough };

/** How a command is checked: `run` in a shell with the real program, or not, for a reason. */
export interface Row {
  readonly command: RegExp;
  readonly run: boolean;
  /** What is not real of it, or why it is not run. */
  readonly reason?: string;
}

/** All commands of the walkthroughs. One that no row knows fails, and so does a row that knows none. */
export const TABLE: readonly Row[] = [
  { command: /gcloud/, run: true, reason: 'without an account a stand-in takes the arguments, which are compared with the Terraform JSON' },
  { command: /^(?:export )?[A-Z]\w*=\S*$/, run: true },
  { command: /^npm ci$/, run: false, reason: 'the first step of .ci/run, on a fresh clone' },
  { command: /^npm init --yes$/, run: true },
  { command: /^npm install /, run: false, reason: 'the step pack of .ci/run, from the packed tarball; here the packages are linked' },
  { command: /^npm run synth$/, run: true },
  { command: /^npx tsc .* chatbot\.ts$/, run: true },
  { command: /^node chatbot\.js$/, run: true },
  { command: /terraform -chdir=/, run: true, reason: 'the real terraform; Google\'s resources are stand-ins (test/terraform/stand-in.ts)' },
  { command: /^kubectl (?:apply|create|delete|get|rollout|wait) /, run: true, reason: 'a real control plane; what runs in pods is played' },
  { command: /^kubectl port-forward /, run: true, reason: 'through the control plane to a vLLM on a processor, with the pod\'s arguments' },
  { command: /^curl /, run: true },
  { command: /^python3 -m pip install openai$/, run: false, reason: 'vLLM depends on it, so it is in the environment of the rig' },
  { command: /^python3 examples\/client\.py$/, run: true },
];

/** Commands in the order in which a reader types them, without remarks. */
export function commandsOf({ page, between }: Walkthrough, text = textOf(page)): string[] {
  const [from, to] = between?.map(heading => text.indexOf(`\n${heading}\n`)) ?? [0, text.length];
  const blocks = [...text.slice(from, to).matchAll(/^```sh\n(.*?)^```/gms)].map(match => match[1]);
  return blocks.flatMap(block => block.replaceAll(/ \\\n\s*/g, ' ').split('\n'))
    .map(line => line.replace(/ {2,}# .*$/, '').trim()).filter(line => line !== '').flatMap(line => line.split(' && '));
}

/** @throws on a command that the table does not know */
export function rowOf(command: string): Row {
  const row = TABLE.find(({ command: pattern }) => pattern.test(command));
  if (row === undefined) {
    throw new Error(`test/walkthrough/commands.ts has no row for: ${command}`);
  }
  return row;
}
