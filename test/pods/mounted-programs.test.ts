import { Chart, Testing } from 'cdk8s';
import { MountedPrograms, podPrograms, ProgramImage } from '../../lib/pods';

const image = new ProgramImage({ name: 'check', base: 'example.com/python:3.12', directory: `${__dirname}/../../lib/weights`, fileNames: ['weights_check.py'] });
const props = { name: 'it', labels: { app: 'it' }, image };

test('a program on the public image is mounted, and a change of it is a change of the pod', () => {
  const chart = Testing.chart();
  const pod = podPrograms(chart, props);
  expect(pod).toMatchObject({ image: 'example.com/python:3.12', volumes: [{ configMap: { name: 'it-programs', defaultMode: 0o444 } }] });
  expect(pod.mounts[0].name).toBe(pod.volumes[0].name);
  expect(Testing.synth(chart)).toMatchObject([{ kind: 'ConfigMap', metadata: { name: 'it-programs', labels: { app: 'it' } }, data: image.programs }]);
  const changed = new MountedPrograms(new Chart(chart, 'other'), 'Programs', { name: 'it', labels: {}, programs: { 'weights_check.py': 'exit()\n' } });
  expect(changed.annotations).not.toEqual(pod.annotations);
});

test('an image of one\'s own has its programs: nothing is mounted', () => {
  const chart = Testing.chart();
  expect(podPrograms(chart, { ...props, ownImage: 'example.com/it:1' }))
    .toEqual({ image: 'example.com/it:1', volumes: [], mounts: [], annotations: {} });
  expect(Testing.synth(chart)).toEqual([]);
});
