export * from './server-client';
