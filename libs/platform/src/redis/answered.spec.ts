import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answered } from './answered.js';

const never = new Promise<never>(() => undefined);

describe('answered', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const connection = (status: 'ready' | 'reconnecting'): { status: 'ready' | 'reconnecting' } => ({ status });
  const outcome = (command: Promise<unknown>): { text: string } => {
    const out = { text: 'open' };
    command.then(
      (value) => (out.text = String(value)),
      (error: unknown) => (out.text = String(error)),
    );
    return out;
  };

  it('is the answer, or the refusal', async () => {
    const redis = connection('ready');
    await expect(answered(redis, 'x', Promise.resolve(1))).resolves.toBe(1);
    await expect(answered(redis, 'x', Promise.reject(new Error('LOADING')))).rejects.toThrow('LOADING');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends a command that a Redis that is there never answers', async () => {
    const out = outcome(answered(connection('ready'), 'adding 1', never, 1_000));
    await vi.advanceTimersByTimeAsync(900);
    expect(out.text).toBe('open');
    await vi.advanceTimersByTimeAsync(700);
    expect(out.text).toContain('adding 1: Redis is there and did not answer');
  });

  it('waits out a Redis that is away, and gives it its time when it is back', async () => {
    const redis = connection('reconnecting');
    const out = outcome(answered(redis, 'x', never, 1_000));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(out.text).toBe('open');
    redis.status = 'ready';
    await vi.advanceTimersByTimeAsync(900);
    expect(out.text).toBe('open');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(out.text).toContain('did not answer');
  });
});
