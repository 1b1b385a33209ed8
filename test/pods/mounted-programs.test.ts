import { Chart, Testing } from 'cdk8s';
import { sharedFilesOf } from '../../lib/common/shared-files';
import { BatchInference } from '../../lib';
import { MountedPrograms, podPrograms } from '../../lib/pods';

const image = BatchInference.programImage();
const props = { name: 'it', labels: { app: 'it' }, image };

test('programs on the public image are mounted, and a change of one is a change of the pod', () => {
  const chart = Testing.chart();
  const pod = podPrograms(chart, props);
  expect(pod).toMatchObject({ image: image.base, path: '/opt/cdk8s-vllm/main.py' });
  const [{ volume, mount }] = pod.mounts;
  expect(volume).toMatchObject({ configMap: { name: 'it-programs', defaultMode: 0o444 } });
  expect(mount.name).toBe(volume.name);
  expect(Testing.synth(chart)).toMatchObject([{ kind: 'ConfigMap', metadata: { name: 'it-programs', labels: { app: 'it' } }, data: image.programs }]);
  const files = { folder: 'it', data: { 'main.py': 'exit()\n' } };
  const changed = new MountedPrograms(new Chart(chart, 'other'), 'Programs', { name: 'it', labels: {}, files });
  expect(changed.annotations).not.toEqual(pod.annotations);
});

test('the ConfigMap says of which files it is', () => {
  const chart = Testing.chart();
  podPrograms(chart, props);
  const configMap = chart.node.findAll().find(({ node }) => node.id === 'Resource')!;
  expect(sharedFilesOf(configMap)).toEqual({ folder: 'batch-inference', data: image.programs, beside: image.buildFiles() });
});

test('an image of one\'s own has its programs: nothing is mounted', () => {
  const chart = Testing.chart();
  expect(podPrograms(chart, { ...props, ownImage: 'example.com/it:1' }))
    .toEqual({ image: 'example.com/it:1', path: image.path, mounts: [], annotations: {} });
  expect(Testing.synth(chart)).toEqual([]);
});
