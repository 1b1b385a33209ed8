import { GradioChat, GradioChatProps } from '../../../lib';
import { emptyLeaves, objectOf, objectsOf, refusalOf, server, unit } from '../../serving/rendered';

const KEY = { apiKeySecretName: 'vllm-key' };

function chat(props: Partial<GradioChatProps> = {}) {
  const scope = unit();
  const given = { server: server(scope), ...props };
  return { scope, given, made: new GradioChat(scope, 'chat', given) };
}

function rendered(props: Partial<GradioChatProps> = {}) {
  const { scope, made, given } = chat(props);
  const own = objectsOf(scope).filter(({ metadata }) => metadata.name.startsWith(made.name));
  const of = (kind: string) => own.find(object => object.kind === kind);
  return { made, given, own, of, pod: of('Deployment')!.spec.template.spec, container: of('Deployment')!.spec.template.spec.containers[0] };
}

function argumentOf(args: readonly string[], flag: string): string | undefined {
  return args.find(arg => arg.startsWith(`${flag}=`))?.slice(flag.length + 1);
}

test('is a Deployment with its program, a Service, an identity and a policy, all under one name and with no empty field', () => {
  const { own, made } = rendered();
  expect(made.name).toBe('vllm-openai-gcs-h100-chat');
  expect(own.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).toEqual([
    `ConfigMap ${made.name}-programs`, `Deployment ${made.name}`, `NetworkPolicy ${made.name}`, `Service ${made.name}`, `ServiceAccount ${made.name}`,
  ]);
  expect(own.flatMap(object => emptyLeaves(object))).toEqual([]);
  expect(own.every(({ metadata }) => metadata.namespace === 'vllm' && metadata.labels?.app === made.name)).toBe(true);
});

test('the page asks its own server for the model that this serves, and never for more than its context', () => {
  const { made, given, container } = rendered();
  expect(container.args).toEqual(made.args);
  expect([argumentOf(made.args, '--server-url'), argumentOf(made.args, '--model')]).toEqual([given.server.url, given.server.servedModelName]);
  expect(argumentOf(made.args, '--max-model-len')).toBe('8192');
  expect(Number(argumentOf(made.args, '--max-tokens'))).toBeLessThan(8192);
});

test('pods are labelled as the server lets them in, and the server\'s policy names that label', () => {
  const { of, given } = rendered();
  expect(of('Deployment')!.spec.template.metadata.labels).toMatchObject(given.server.clientLabels);
});

test('nobody is let in unless named; out: name servers and its server', () => {
  expect(rendered().of('NetworkPolicy')!.spec).not.toHaveProperty('ingress');
  expect(rendered({ ingressFrom: [] }).of('NetworkPolicy')!.spec).not.toHaveProperty('ingress');
  const gateway = { podSelector: { matchLabels: { app: 'gateway' } } };
  const { ingress, egress } = rendered({ ingressFrom: [gateway] }).of('NetworkPolicy')!.spec;
  expect(ingress).toEqual([{ from: [gateway], ports: [{ protocol: 'TCP', port: 7860 }] }]);
  expect(egress).toHaveLength(3);
});

test('the Service is of the cluster only, on the guides\' port', () => {
  const { of, made } = rendered({ pathPrefix: '/chat' });
  expect(of('Service')!.spec).toEqual({
    type: 'ClusterIP', selector: made.selectorLabels, ports: [{ name: 'http', port: 8080, targetPort: 'http', protocol: 'TCP' }],
  });
  expect(made.url).toBe(`http://${made.name}.vllm.svc.cluster.local:8080/chat`);
});

test('runs the programs of its image as a plain user, and writes only to /tmp', () => {
  const { container, pod } = rendered();
  const image = GradioChat.programImage();
  expect(container).toMatchObject({ image: image.base, command: ['python3', image.path], workingDir: '/tmp' });
  expect(container.securityContext).toMatchObject({ readOnlyRootFilesystem: true, runAsUser: 10001, capabilities: { drop: ['ALL'] } });
  expect(pod).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
  expect(container.volumeMounts.filter((mount: { readOnly?: boolean }) => !mount.readOnly)).toEqual([{ name: 'tmp', mountPath: '/tmp' }]);
  expect(container.resources.requests).toEqual(container.resources.limits);
});

test('an own image has the programs already', () => {
  const { container, of, pod } = rendered({ image: 'example.com/gradio-chat:v1' });
  expect(container.image).toBe('example.com/gradio-chat:v1');
  expect(container.command).toEqual(['python3', '/opt/cdk8s-vllm/main.py']);
  expect(of('ConfigMap')).toBeUndefined();
  expect(pod.volumes.map(({ name }: { name: string }) => name)).toEqual(['tmp']);
});

test('the key is a file of a Secret that somebody else made', () => {
  const { container, pod, own } = rendered(KEY);
  expect(container.args).toContain('--api-key-file=/var/run/secrets/vllm/api-key');
  expect(pod.volumes.at(-1)).toMatchObject({ secret: { secretName: 'vllm-key', items: [{ key: 'api-key', path: 'api-key' }] } });
  expect(own.some(({ kind }) => kind === 'Secret')).toBe(false);
  expect(container).not.toHaveProperty('env');
});

test('several pages keep a browser with one of them, on different nodes, and not all leave at once', () => {
  const { of, pod, made } = rendered({ replicas: 2 });
  expect(of('Service')!.spec.sessionAffinity).toBe('ClientIP');
  expect(of('PodDisruptionBudget')!.spec).toMatchObject({ maxUnavailable: 1, selector: { matchLabels: made.selectorLabels } });
  expect(pod.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.topologyKey).toBe('kubernetes.io/hostname');
  expect(rendered().of('PodDisruptionBudget')).toBeUndefined();
});

test('what a person writes reaches the program as it is: Kubernetes puts nothing in its place', () => {
  const { made } = rendered({ title: 'Costs $5', systemPrompt: 'Say $(HOME) and $$.\nNothing else.' });
  expect(argumentOf(made.args, '--title')).toBe('Costs $$5');
  expect(argumentOf(made.args, '--system-prompt')).toBe('Say $$(HOME) and $$$$.\nNothing else.');
});

test('what a small context does not hold is not offered', () => {
  const scope = unit();
  const { args } = new GradioChat(scope, 'chat', { server: server(scope, { maxModelLen: 1024 }) });
  expect([argumentOf(args, '--max-tokens'), argumentOf(args, '--max-message-length')]).toEqual(['512', '4096']);
});

test.each<[string, Partial<GradioChatProps>, string]>([
  ['answers as long as the context', { maxTokens: 8192 }, '\'maxTokens\' (8192) leaves no room for a question: the server\'s maxModelLen is 8192'],
  ['no answers', { maxTokens: 0 }, '\'maxTokens\' (0) must be a whole number of at least 1'],
  ['questions that no context holds', { maxMessageLength: 60_000 }, 'use at most 57344'],
  ['a fraction of a character', { maxMessageLength: 0.5 }, '\'maxMessageLength\' (0.5)'],
  ['a temperature above 2', { temperature: 2.1 }, '\'temperature\' (2.1) must be a number from 0 to 2'],
  ['a temperature that is none', { temperature: NaN }, '\'temperature\' (NaN)'],
  ['a system prompt that the page would refuse', { systemPrompt: 'x'.repeat(9000) }, '9000 characters, more than maxMessageLength (8000)'],
  ['a prefix with a slash at its end', { pathPrefix: '/chat/' }, '\'pathPrefix\' (/chat/) must be empty, or a path without a slash at its end, for example /chat'],
  ['a prefix that is an address', { pathPrefix: 'https://example.com/chat' }, '\'pathPrefix\''],
  ['a title of two lines', { title: 'Chat\nwith me' }, '\'title\' ("Chat\\nwith me") must be one line of 1 to 200 characters'],
  ['no page at all', { replicas: 0 }, '\'replicas\' (0)'],
  ['a key in the place of a Secret\'s name', { apiKeySecretName: 'sk_Very-Secret' }, 'is no name of a Secret'],
  ['a name that is no label', { name: 'Chat' }, '\'name\' (Chat) is no DNS label'],
])('refuses %s', (_, props, message) => {
  const refusal = refusalOf(() => chat(props));
  expect(refusal).toContain('GradioChat \'chat\': ');
  expect(refusal).toContain(message);
});

test('a key that was given by mistake is not repeated', () => {
  expect(refusalOf(() => chat({ apiKeySecretName: 'sk_Very-Secret' }))).not.toContain('Very-Secret');
});

test('two pages of one server have different names', () => {
  const scope = unit();
  const given = server(scope);
  new GradioChat(scope, 'chat', { server: given });
  new GradioChat(scope, 'other', { server: given, name: 'other-chat', pathPrefix: '/other' });
  expect(() => objectOf(scope, 'PodDisruptionBudget')).not.toThrow();
  expect(objectsOf(scope).filter(({ metadata }) => metadata.name === 'other-chat')).toHaveLength(4);
});
