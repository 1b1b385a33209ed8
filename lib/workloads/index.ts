export * from './batch-inference/batch-inference';
export * from './gradio-chat/gradio-chat';
export * from './load-test/locust-load-test';
export * from './load-test/locust-load-test-props';
export * from './model-evaluation/model-evaluation';
export * from './weights-hydration/weights-hydration';
export * from './weights-hydration/weights-snapshot';
export * from './weights-loader/weights-loader';
