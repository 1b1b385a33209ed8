import { commandsOf, rowOf, TABLE, WALKTHROUGHS } from '../walkthrough/commands';

const commands = Object.values(WALKTHROUGHS).flatMap(walkthrough => commandsOf(walkthrough));

test('every command of a walkthrough has a row that says how it is checked, and every row a command', () => {
  expect(commands.length).toBeGreaterThan(60);
  const used = commands.map(rowOf);
  expect(TABLE.filter(row => !used.includes(row)).map(({ command }) => command)).toEqual([]);
});

test('what is not run has its reason', () => {
  expect(TABLE.filter(({ run, reason }) => !run && (reason ?? '').length < 20)).toEqual([]);
  expect(commands.filter(command => !rowOf(command).run).map(command => command.split(' ').slice(0, 2).join(' '))).toEqual([
    'npm ci', 'python3 -m', 'npm ci', 'npm install', 'npm install',
  ]);
});

test('a planted command that no row knows is found', () => {
  const page = 'text\n```sh\nexport A=b\nhelm install vllm ./chart\n```\n';
  expect(() => commandsOf({ page: 'x.md' }, page).map(rowOf)).toThrow('has no row for: helm install vllm ./chart');
});

test('lines are taken as a shell takes them', () => {
  const page = '```sh\na \\\n  --b\nc && d      # why\n\n```\n```yaml\nno: command\n```\n';
  expect(commandsOf({ page: 'x.md' }, page)).toEqual(['a --b', 'c', 'd']);
});

test('a walkthrough begins with what is the reader\'s, and ends with an answer', () => {
  const start = commandsOf(WALKTHROUGHS.start);
  const at = (pattern: RegExp) => start.findIndex(command => pattern.test(command));
  const settings = ['BUCKET', 'REGION', 'CELLS'].map(name => at(new RegExp(`^export CDK8S_VLLM_${name}=`)));
  expect(Math.min(...settings)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...settings)).toBeLessThan(at(/^npm run synth/));
  expect(Math.max(...settings)).toBeLessThan(at(/^terraform/));
  Object.values(WALKTHROUGHS).forEach(walkthrough => expect(commandsOf(walkthrough).some(command => command.startsWith('curl '))).toBe(true));
});
