import type { Circus } from '@jest/types';
import { TestEnvironment } from 'jest-environment-node';

/**
 * One cause is one failure. When what a block of tests needs cannot be made (`beforeAll`), or a step of a story fails, the first test
 * that meets it fails and those that would only fail of the same are skipped.
 */
export default class OneCauseEnvironment extends TestEnvironment {
  private readonly unmade = new Set<Circus.DescribeBlock>();
  private readonly told = new Set<Circus.DescribeBlock>();

  handleTestEvent(event: Circus.Event): void {
    if (event.name === 'hook_failure' && event.hook.type === 'beforeAll') {
      this.unmade.add(event.hook.parent);
    } else if (event.name === 'test_start') {
      this.skipWhatIsTold(event.test);
    } else if (event.name === 'test_done' && isStep(event.test) && event.test.errors.length > 0) {
      this.told.add(event.test.parent);
    }
  }

  private skipWhatIsTold(test: Circus.TestEntry): void {
    const block = blocksOf(test).find(candidate => this.unmade.has(candidate));
    if ((block && this.told.has(block)) || (isStep(test) && this.told.has(test.parent))) {
      test.errors.length = 0;
      test.mode = 'skip';
    } else if (block) {
      this.told.add(block);
    }
  }
}

function isStep(test: Circus.TestEntry): boolean {
  return (test.fn as { readonly story?: boolean } | undefined)?.story === true;
}

function blocksOf(test: Circus.TestEntry): Circus.DescribeBlock[] {
  const blocks = [];
  for (let block: Circus.DescribeBlock | undefined = test.parent; block; block = block.parent) {
    blocks.push(block);
  }
  return blocks;
}
