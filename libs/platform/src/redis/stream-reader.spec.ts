import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StreamReader, type StreamEntry } from './stream-reader.js';

type Answer = [string, [string, string[]][]][] | null;

describe('StreamReader', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Each read gets the next answer; beyond them none. */
  function start(answers: (() => Promise<Answer>)[], onEntries: (entries: readonly StreamEntry[]) => void) {
    const asked: string[] = [];
    const redis = {
      status: 'ready',
      xread: (...args: unknown[]) => {
        asked.push(String(args.at(-1)));
        return answers.shift()?.() ?? new Promise<Answer>(() => undefined);
      },
      disconnect: () => undefined,
    };
    const problems: string[] = [];
    // Only what the reader calls.
    const reader = new StreamReader(redis as unknown as Redis, new Map([['s', '0-0']]), onEntries, (e) => problems.push(String(e)));
    reader.start();
    return { asked, problems, reader };
  }
  const one =
    (id: string): (() => Promise<Answer>) =>
    () =>
      Promise.resolve([['s', [[id, ['e', `envelope ${id}`]]]]]);
  const lost = (): Promise<Answer> => new Promise(() => undefined);

  it('reads on after a read that was lost, from where it was', async () => {
    const seen: string[] = [];
    const { asked, problems, reader } = start([one('1-0'), lost, one('2-0')], (entries) => seen.push(...entries.map((e) => e.id)));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(seen).toEqual(['1-0']);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(seen).toEqual(['1-0', '2-0']);
    expect(asked).toEqual(['0-0', '1-0', '1-0', '2-0']);
    expect(problems).toEqual([expect.stringContaining('did not answer')]);
    const stopped = reader.stop();
    await vi.advanceTimersByTimeAsync(1_000);
    await stopped;
  });

  it('hands the same entries over again when they could not be taken', async () => {
    let refusals = 1;
    const seen: string[] = [];
    const { asked } = start([one('1-0'), one('1-0')], (entries) => {
      if (refusals-- > 0) throw new Error('no');
      seen.push(...entries.map((e) => e.envelope));
    });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(seen).toEqual(['envelope 1-0']);
    expect(asked).toEqual(['0-0', '0-0', '1-0']);
  });
});
