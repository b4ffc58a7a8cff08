import { generateKeyPairSync } from 'node:crypto';
import type { WatchItem } from '@guardpost/contracts';
import { keyId, newBoot, Opener, Sealer } from '@guardpost/platform';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ListPublisher } from './list-publisher.js';

const key = generateKeyPairSync('ed25519');
const item = (rule: number): WatchItem => ({
  id: `i${rule}`,
  rule,
  prefix: `198.51.100.${rule}/32`,
  proto: null,
  port: null,
  validFrom: 0,
  validUntil: null,
});

/** A Redis that takes transactions, or says nothing at all. */
class FakeRedis {
  status = 'ready';
  mute = false;
  snapshot: string | null = null;
  readonly changes: string[] = [];
  get = (): Promise<string | null> => Promise.resolve(this.snapshot);
  multi() {
    const steps: (() => void)[] = [];
    const step = {
      set: (_: string, value: string) => (steps.push(() => (this.snapshot = value)), step),
      xadd: (...args: unknown[]) => (steps.push(() => this.changes.push(String(args.at(-1)))), step),
      exec: () => {
        if (this.mute) return new Promise(() => undefined);
        for (const run of steps) run();
        return Promise.resolve(steps.map(() => [null, 'OK']));
      },
    };
    return step;
  }
}

describe('ListPublisher', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('does not wait for ever for an answer that was lost, and publishes the whole list then', async () => {
    const redis = new FakeRedis();
    const opener = new Opener(new Map([[keyId(key.publicKey), { name: 'bridge-1', key: key.publicKey }]]));
    const publisher = new ListPublisher(
      'watch',
      'watch',
      redis as unknown as Redis,
      new Sealer('bridge-1', key.privateKey, newBoot()),
      opener,
    );
    await publisher.publish([item(1)]);
    const first = publisher.version;
    redis.mute = true;
    const lost = publisher.publish([item(1), item(2)]).then(
      () => 'published',
      (error: unknown) => String(error),
    );
    const next = publisher.publish([item(1), item(2)]);
    await vi.advanceTimersByTimeAsync(0);
    redis.mute = false;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await lost).toContain('did not answer');
    await next;
    expect(publisher.version).toBeGreaterThan(first ?? Infinity);
    const body = (raw: string): unknown => JSON.parse((JSON.parse(raw) as { body: string }).body);
    expect(body(redis.snapshot ?? '')).toMatchObject({ kind: 'snapshot', watch: [{ id: 'i1' }, { id: 'i2' }] });
    expect(body(redis.changes.at(-1) ?? '')).toMatchObject({ kind: 'change', base: publisher.version, version: publisher.version });
  });
});
