import { ProgramImage } from '../../lib/pods';
import { Contract } from '../../lib/pods/contract';

const contract = new Contract({ name: 'check', description: 'Checks.', shared: ['words.py'], arguments: {}, exits: {} });
const directory = `${__dirname}/../../lib/workloads/model-evaluation`;
const image = new ProgramImage({ contract, base: 'example.com/python:3.12', directory });

test('holds the programs of the folder, their contract and what they share, sorted', () => {
  expect(Object.keys(image.programs)).toEqual([
    'characters.py', 'contract.json', 'contract.py', 'exits.json', 'exits.py', 'figures.py', 'forms.py', 'labels.py', 'main.py', 'page.py', 'predictions.py', 'rows.py', 'thought.py', 'words.py',
  ]);
});

test('is built from the same base and the same programs as are mounted', () => {
  const { Dockerfile } = image.buildFiles();
  expect(Dockerfile).toBe(`FROM example.com/python:3.12\nCOPY --chmod=0444 ${Object.keys(image.programs).join(' ')} /opt/cdk8s-vllm/\n`
    + 'USER 10001:10001\nENTRYPOINT ["python3", "/opt/cdk8s-vllm/main.py"]\n');
  expect(image.path).toBe('/opt/cdk8s-vllm/main.py');
});
