export * from './batch-inference';
export * from './gradio-chat';
export * from './locust-load-test';
export * from './locust-load-test-props';
export * from './model-evaluation';
export * from './server-client';
