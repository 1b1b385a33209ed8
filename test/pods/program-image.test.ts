import { ProgramImage } from '../../lib/pods';

const image = new ProgramImage({ name: 'check', base: 'example.com/python:3.12', directory: `${__dirname}/../../lib/weights`, fileNames: ['weights_check.py'] });

test('is built from the same base and the same programs as are mounted', () => {
  const files = image.files();
  expect([...files.keys()]).toEqual(['weights_check.py', 'Dockerfile', 'cloudbuild.yaml']);
  expect(files.get('weights_check.py')).toBe(image.programs['weights_check.py']);
  expect(files.get('Dockerfile')).toBe('FROM example.com/python:3.12\nCOPY --chmod=0444 weights_check.py /opt/cdk8s-vllm/\n'
    + 'USER 10001:10001\nENTRYPOINT ["python3", "/opt/cdk8s-vllm/weights_check.py"]\n');
  expect(image.path).toBe('/opt/cdk8s-vllm/weights_check.py');
});
