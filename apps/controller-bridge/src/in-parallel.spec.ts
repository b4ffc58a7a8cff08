import { expect, it } from 'vitest';
import { inParallel } from './in-parallel.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('does so many at a time, and gives the results in order', async () => {
  let now = 0;
  let most = 0;
  const results = await inParallel([5, 1, 4, 2, 3], 2, async (n) => {
    most = Math.max(most, ++now);
    for (let i = 0; i < n; i++) await turn();
    now--;
    return n * 10;
  });
  expect(results).toEqual([50, 10, 40, 20, 30]);
  expect(most).toBe(2);
  expect(await inParallel([], 4, () => Promise.reject(new Error('never')))).toEqual([]);
});

it('throws the first failure when nothing is under way any more', async () => {
  const done: number[] = [];
  const run = inParallel([1, 2, 3, 4], 2, async (n) => {
    await turn();
    if (n === 1) throw new Error('one');
    await turn();
    done.push(n);
  });
  await expect(run).rejects.toThrow('one');
  expect(done).toEqual([2]);
});
