import { execFileSync } from 'node:child_process';
import { isServedFile } from '../../lib/catalog/model-lock';
import { SERVER_PROGRAMS } from '../../lib/serving/server-programs';
import { programFolder } from '../rig/program-folder';
import { imagePython } from '../rig/python/environment';

const STEMS = ['model', 'model-00001-of-00002', 'MANIFEST', 'manifest', 'a.b', '.a', '', '-', '_', '@', '+', '=', 'a b', 'ä', 'a\n', 'a/b', '../a', 'a\\b', '..'];
const ENDINGS = [
  '.safetensors', '.json', '.model', '.txt', '.jinja', '.tiktoken', '.bin', '.py', '.JSON', '', '.', '.json\n', '.json ', '.jsonx', '.gguf', '/a.json',
];

test('loader and model lock take the same files of all names', () => {
  const names = STEMS.flatMap(stem => ENDINGS.map(ending => stem + ending));
  const ask = 'import json, sys; from weights_names import is_served; print(json.dumps([is_served(name) for name in json.loads(sys.argv[1])]))';
  const answer = execFileSync(imagePython('vllm-openai'), ['-c', ask, JSON.stringify(names)], {
    encoding: 'utf8', env: { PYTHONPATH: programFolder(SERVER_PROGRAMS.data), PYTHONDONTWRITEBYTECODE: '1' },
  });
  const served = (JSON.parse(answer) as boolean[]).flatMap((yes, index) => yes ? [names[index]] : []);
  expect(served).toEqual(names.filter(isServedFile));
  expect(served).toContain('model-00001-of-00002.safetensors');
  expect(served).not.toContain('MANIFEST.json');
  expect(served.length).toBeGreaterThan(40);
});
