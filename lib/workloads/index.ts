export * from './batch-inference/batch-inference';
export * from './gradio-chat/gradio-chat';
export * from './load-test/locust-load-test';
export * from './load-test/locust-load-test-props';
export * from './model-evaluation/model-evaluation';
export * from './server-client';
