import { buildMatrix } from '../../apps/matrix';
import { readSettings } from '../../apps/settings';
import { contentOf, temporaryFolders } from '../kustomize/folders';

const temporaryFolder = temporaryFolders();
const MIRROR = 'mirror.example.com:5000/ai';
/** Runs in Cloud Build, not in the cluster. */
const BUILDER = 'gcr.io/cloud-builders/docker';

/** Every image that a synth names, in a manifest or as what an image is built on. */
function imagesOf(environment: NodeJS.ProcessEnv): string[] {
  const root = temporaryFolder();
  buildMatrix(root, readSettings({ CDK8S_VLLM_CELLS: 'l4-gcs,l4-hdml', ...environment }, 'none')).app.synth();
  const text = Object.values(contentOf(root)).join('\n');
  const named = [...text.matchAll(/^\s*(?:- )?image: "?([^"\n]+?)"?$|^FROM (\S+)$|^\s+- name: (\S+\/\S+)$/gm)].map(([, image, base,
    step]) => image ?? base ?? step);
  return [...new Set(named)].filter(image => image !== BUILDER).sort();
}

test('every image of a synth is taken from the registry that is set, under a name of its own', () => {
  const usual = imagesOf({});
  const mirrored = imagesOf({ CDK8S_VLLM_IMAGE_REGISTRY: MIRROR });
  expect(usual).toEqual([
    'docker.io/vllm/vllm-openai:v0.33.0', 'gcr.io/gke-release/custom-metrics-stackdriver-adapter:v0.16.9-gke.0', 'locustio/locust:2.47.0',
    'us-docker.pkg.dev/google-samples/containers/gke/gradio-app:v1.0.7',
  ]);
  expect(mirrored.filter(image => !image.startsWith(`${MIRROR}/`))).toEqual([]);
  expect(mirrored).toEqual([
    `${MIRROR}/gke-release/custom-metrics-stackdriver-adapter:v0.16.9-gke.0`, `${MIRROR}/google-samples/containers/gke/gradio-app:v1.0.7`,
    `${MIRROR}/locustio/locust:2.47.0`, `${MIRROR}/vllm/vllm-openai:v0.33.0`,
  ]);
});

test('a pinned release keeps its digest there', () => {
  const digest = `sha256:${'b'.repeat(64)}`;
  expect(imagesOf({ CDK8S_VLLM_IMAGE_REGISTRY: MIRROR, CDK8S_VLLM_PROFILE: 'production', CDK8S_VLLM_RELEASE: `0.33.0@${digest}` }))
    .toContain(`${MIRROR}/vllm/vllm-openai:v0.33.0@${digest}`);
});
