import { isSecretVariable } from '../../lib/common/secret-variables';

test.each(['HF_TOKEN', 'VLLM_API_KEY', 'OPENAI_APIKEY', 'DB_PASSWORD', 'AWS_SECRET_ACCESS_KEY', 'TOKEN', 'client_secret'])('%s is a secret', (name) => {
  expect(isSecretVariable(name)).toBe(true);
});

test.each(['MAX_TOKENS', 'TOKENIZERS_PARALLELISM', 'VLLM_USE_FASTOKENS', 'GOOGLE_APPLICATION_CREDENTIALS', 'API_KEY_FILE', 'MONKEY', ''])('%s is none', (name) => {
  expect(isSecretVariable(name)).toBe(false);
});
