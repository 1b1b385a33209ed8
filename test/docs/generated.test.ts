import { withBlocks } from '../../scripts/docs/blocks';
import { pages, textOf } from '../../scripts/docs/pages';
import { renderPages } from '../../scripts/docs/render';
import { pictureOf, roomsOf, shownArrows, tableOf } from '../../scripts/docs/rooms';
import { staleLines } from '../../scripts/docs/stale';

const rendered = renderPages();

test.each(pages())('%s is what npm run docs makes', (page) => {
  expect(rendered.get(page)).toBe(textOf(page));
});

test('a block is made again, and nothing around it changes', () => {
  const text = 'before\n<!-- docs: name argument -->\nold\n\nold\n<!-- /docs -->\nafter\n';
  const made = withBlocks('x.md', text, { name: argument => `new ${argument}\n` });
  expect(made).toBe('before\n<!-- docs: name argument -->\nnew argument\n<!-- /docs -->\nafter\n');
  expect(withBlocks('x.md', made, { name: argument => `new ${argument}` })).toBe(made);
  expect(staleLines(text, made)).toBe('  - old\n  - old\n  + new argument');
});

test.each([
  ['<!-- docs: name -->\n', 'x.md: the block \'name\' has no <!-- /docs -->'],
  ['<!-- docs: name -->\n<!-- docs: name -->\n<!-- /docs -->\n', 'x.md: the block \'name\' has no <!-- /docs --> before the block \'name\''],
  ['<!-- /docs -->\n', 'x.md: <!-- /docs --> ends no block'],
  ['<!-- docs: nobody -->\n<!-- /docs -->\n', 'x.md: nothing makes a block \'nobody\'; there are name'],
])('a page with %j is refused', (text, message) => {
  expect(() => withBlocks('x.md', text, { name: () => '' })).toThrow(message);
});

test('the picture of the rooms leaves out the arrows that follow from others, and follows the imports', () => {
  const imports = new Map([
    ['lib/cluster/x.ts', ['lib/pods/y.ts', 'lib/common/z.ts', 'node:fs']], ['lib/pods/y.ts', ['lib/common/z.ts', 'lib/workloads/a/contract.json']],
    ['lib/common/z.ts', []], ['apps/matrix.ts', ['lib/index.ts']], ['lib/index.ts', ['lib/cluster/x.ts']],
  ]);
  const rooms = roomsOf(imports);
  expect(Object.fromEntries([...rooms].map(([room, known]) => [room, [...known]]))).toEqual({
    apps: ['index'], cluster: ['common', 'pods'], common: [], index: ['cluster'], pods: ['common'],
  });
  expect(shownArrows(rooms)).toEqual([['apps', 'index'], ['cluster', 'pods'], ['index', 'cluster'], ['pods', 'common']]);
  const more = roomsOf(new Map([...imports, ['lib/planning/w.ts', ['lib/common/z.ts']]]));
  expect(pictureOf(more)).not.toBe(pictureOf(rooms));
  expect(() => tableOf(roomsOf(new Map([['lib/attic/x.ts', []]])))).toThrow('the room \'attic\' has no sentence');
});
