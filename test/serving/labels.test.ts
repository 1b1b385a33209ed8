import { clientLabels, selectorLabels, serverLabels } from '../../lib/serving/labels';

test('the selector never changes: it is the application and its instance', () => {
  expect(selectorLabels('my-server')).toEqual({ 'app.kubernetes.io/name': 'vllm', 'app.kubernetes.io/instance': 'my-server' });
});

test('a server\'s labels include what selects it, and the label that the guides select by', () => {
  expect(serverLabels('my-server')).toMatchObject({ ...selectorLabels('my-server'), app: 'my-server' });
});

test('clients of one server are no clients of another', () => {
  expect(clientLabels('one')).not.toEqual(clientLabels('two'));
});
