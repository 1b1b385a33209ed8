import { BatchInference, BatchInferenceProps, VllmRelease, VllmServerProps } from '../../../lib';
import { emptyLeaves, objectsOf, refusalOf, server, unit } from '../../serving/rendered';

const FILES = { bucket: 'my-data', input: 'batch/input.jsonl', output: 'batch/output' };

function batch(props: Partial<BatchInferenceProps> = {}, serverProps: Partial<VllmServerProps> = {}) {
  const scope = unit();
  const given = { server: server(scope, serverProps), ...FILES, ...props };
  return { scope, given, made: new BatchInference(scope, 'batch', given) };
}

function rendered(props: Partial<BatchInferenceProps> = {}) {
  const { scope, made, given } = batch(props);
  const own = objectsOf(scope).filter(({ metadata }) => metadata.name.startsWith(made.name));
  const of = (kind: string) => own.find(object => object.kind === kind);
  const job = of('Job')!.spec;
  return { made, given, own, of, job, pod: job.template.spec, container: job.template.spec.containers[0] };
}

function argumentOf(args: readonly string[], flag: string): string | undefined {
  return args.find(arg => arg.startsWith(`${flag}=`))?.slice(flag.length + 1);
}

test('is a Job with its programs, an identity and a policy, all under one name and with no empty field', () => {
  const { own, made } = rendered();
  expect(made.name).toBe('vllm-openai-gcs-h100-batch');
  expect(own.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).toEqual([
    `ConfigMap ${made.name}-programs`, `Job ${made.name}`, `NetworkPolicy ${made.name}`, `ServiceAccount ${made.name}`,
  ]);
  expect(own.flatMap(object => emptyLeaves(object))).toEqual([]);
});

test('every index is a shard that another try continues, and what no try can help ends it', () => {
  const { job, made } = rendered({ completions: 8, parallelism: 4 });
  expect(job).toMatchObject({
    completionMode: 'Indexed', completions: 8, parallelism: 4, backoffLimitPerIndex: 10, podReplacementPolicy: 'Failed', activeDeadlineSeconds: 86400,
    podFailurePolicy: {
      rules: [
        { action: 'FailJob', onExitCodes: { containerName: 'batch-inference', operator: 'In', values: [64, 65, 66, 78] } },
        { action: 'FailIndex', onExitCodes: { containerName: 'batch-inference', operator: 'In', values: [3] } },
        { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
      ],
    },
  });
  expect(job).not.toHaveProperty('backoffLimit');
  expect(job.template.spec.restartPolicy).toBe('Never');
  expect(argumentOf(made.args, '--shards')).toBe('8');
});

test('a pod has longer to stop than its program takes', () => {
  const { pod, made } = rendered();
  expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(Number(argumentOf(made.args, '--stop-timeout')) + 10);
});

test('it asks its own server for the model that this serves, on the server\'s image', () => {
  const { made, given, container } = rendered();
  expect([argumentOf(made.args, '--url'), argumentOf(made.args, '--model')]).toEqual([given.server.url, given.server.servedModelName]);
  expect(container.image).toBe(given.server.release.image);
  expect(container.command).toEqual(['python3', '/opt/cdk8s-vllm/main.py']);
  expect(made.args.slice(0, 2)).toEqual(['/input/input.jsonl', '/output']);
});

test('input and output are folders of the bucket, each mounted alone as the user of the pod and believed from nothing but itself', () => {
  const { pod, container, job } = rendered();
  expect(job.template.metadata.annotations).toMatchObject({ 'gke-gcsfuse/volumes': 'true', 'gke-gcsfuse/ephemeral-storage-limit': '1Gi' });
  const mounted = (folder: string) => ({
    driver: 'gcsfuse.csi.storage.gke.io',
    volumeAttributes: {
      bucketName: 'my-data', skipCSIBucketAccessCheck: 'true',
      mountOptions: `implicit-dirs,only-dir=${folder},uid=10001,gid=10001,metadata-cache:ttl-secs:0,metadata-cache:negative-ttl-secs:0`,
    },
  });
  expect(pod.volumes.slice(0, 2).map(({ csi }: { csi: object }) => csi)).toEqual([{ ...mounted('batch'), readOnly: true }, mounted('batch/output')]);
  expect(container.volumeMounts).toEqual([
    { name: 'input', mountPath: '/input', readOnly: true }, { name: 'output', mountPath: '/output' }, { name: 'programs', mountPath: '/opt/cdk8s-vllm', readOnly: true },
  ]);
});

test('it may read where its input lies, write its output, and nothing else', () => {
  expect(rendered().made.identity).toMatchObject({
    serviceAccountName: 'vllm-openai-gcs-h100-batch',
    grants: [{ bucket: 'my-data', folder: 'batch', verb: 'read' }, { bucket: 'my-data', folder: 'batch/output', verb: 'write' }],
  });
});

test('nobody is let in; out: name servers, its server, and what the bucket needs', () => {
  const { of, given, job } = rendered();
  const { ingress, egress } = of('NetworkPolicy')!.spec;
  expect(ingress).toBeUndefined();
  expect(egress.map(({ to }: { to: object[] }) => JSON.stringify(to[0]))).toEqual([
    expect.stringContaining('kube-system'), expect.stringContaining('169.254.20.10/32'), expect.stringContaining(given.server.name),
    expect.stringContaining('169.254.169.252/32'), expect.stringContaining('169.254.169.254/32'), expect.stringContaining('0.0.0.0/0'),
  ]);
  expect(job.template.metadata.labels).toMatchObject(given.server.clientLabels);
});

test.each<[Partial<VllmServerProps>, Partial<BatchInferenceProps>, string]>([
  [{ maxNumSeqs: 100, replicas: 1 }, {}, '100'],
  [{ maxNumSeqs: 100, replicas: 2 }, {}, '200'],
  [{ maxNumSeqs: 100, replicas: 2 }, { completions: 4 }, '50'],
  [{ maxNumSeqs: 100, replicas: 2 }, { completions: 4, parallelism: 1 }, '200'],
  [{ maxNumSeqs: 2, replicas: 1 }, { completions: 4 }, '1'],
  [{ maxNumSeqs: 1024, replicas: 2 }, {}, '256'],
  [{ maxNumSeqs: 1024, replicas: 2 }, { maxInFlight: 700 }, '700'],
])('with a server of %j, %j has %s requests in flight', (serverProps, props, maxInFlight) => {
  expect(argumentOf(batch(props, serverProps).made.args, '--max-in-flight')).toBe(maxInFlight);
});

test('parameters are one argument, and Kubernetes puts nothing in its place', () => {
  const { made, container } = rendered({ parameters: { temperature: 0, stop: ['$(HOME)', '\n'] } });
  expect(argumentOf(made.args, '--parameters')).toBe('{"temperature":0,"stop":["$(HOME)","\\n"]}');
  expect(container.args).toContain('--parameters={"temperature":0,"stop":["$$(HOME)","\\n"]}');
});

test('a key comes as a file', () => {
  const { pod, container, made } = rendered({ apiKeySecretName: 'vllm-key' });
  expect(argumentOf(made.args, '--api-key-file')).toBe('/var/run/secrets/vllm/api-key');
  expect(container.volumeMounts).toContainEqual({ name: 'api-key', mountPath: '/var/run/secrets/vllm', readOnly: true });
  expect(pod.volumes).toContainEqual({
    name: 'api-key', secret: { secretName: 'vllm-key', defaultMode: 0o440, items: [{ key: 'api-key', path: 'api-key' }] },
  });
  expect(JSON.stringify(container.env)).not.toContain('key');
});

test('an image of one\'s own has the programs already', () => {
  const { container, own } = rendered({ image: 'example.com/batch:1' });
  expect([container.image, container.command[1]]).toEqual(['example.com/batch:1', BatchInference.programImage().path]);
  expect(own.some(({ kind }) => kind === 'ConfigMap')).toBe(false);
  expect(Object.keys(BatchInference.programImage().programs)).toEqual(expect.arrayContaining(['contract.json', 'contract.py', 'main.py', 'journal.py']));
  expect(BatchInference.programImage(VllmRelease.V0_28).base).toContain('0.28.0');
});

test.each<[Partial<BatchInferenceProps>, string]>([
  [{ bucket: 'gs://my-data' }, '\'bucket\' (gs://my-data) is no bucket name'],
  [{ input: 'gs://my-data/input.jsonl' }, '\'input\' (gs://my-data/input.jsonl) must be a path in the bucket without gs://'],
  [{ input: '/batch/input.jsonl' }, '\'input\' (/batch/input.jsonl)'],
  [{ output: '../other' }, '\'output\' (../other)'],
  [{ output: 'batch/' }, '\'output\' (batch/)'],
  [{ output: '' }, '\'output\' ()'],
  [{ output: 'batch' }, '\'input\' (batch/input.jsonl) is in \'output\' (batch), which is for the records alone'],
  [{ completions: 0 }, '\'completions\' (0) must be a whole number from 1 to 1000'],
  [{ completions: 2, parallelism: 3 }, '\'parallelism\' (3) must be a whole number from 1 to 2'],
  [{ maxInFlight: 0 }, '\'maxInFlight\' (0)'],
  [{ maxInFlight: 2000 }, '\'maxInFlight\' (2000) must be a whole number from 1 to 1024'],
  [{ requestTimeoutSeconds: 0.5 }, '\'requestTimeoutSeconds\' (0.5) must be a whole number from 1 to 86400'],
  [{ maxRetries: -1 }, '\'maxRetries\' (-1)'],
  [{ maxErrorShare: 5 }, '\'maxErrorShare\' (5) must be a number from 0 to 1'],
  [{ maxErrorShare: NaN }, '\'maxErrorShare\' (NaN)'],
  [{ deadlineSeconds: 1 }, '\'deadlineSeconds\' (1)'],
  [{ parameters: { model: 'x', stream: true } }, '\'parameters\' (model, stream) must not say what each line says itself'],
  [{ parameters: { temperature: Infinity } }, '\'parameters\' (temperature: Infinity) must be what JSON can hold'],
  [{ name: 'Batch' }, '\'name\' (Batch) is no DNS label'],
])('refuses %j', (props, message) => {
  expect(refusalOf(() => batch(props))).toContain(`BatchInference 'batch': ${message}`);
});
