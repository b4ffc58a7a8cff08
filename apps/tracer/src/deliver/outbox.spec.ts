import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Envelope } from '@guardpost/contracts';
import { newBoot, Sealer } from '@guardpost/platform';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DetectionDraft } from '@guardpost/detect';
import { FakeClock } from '@guardpost/detect/testing';
import { Outbox } from './outbox.js';
import { Spool, SPOOL_LIMITS } from './spool.js';

const key = generateKeyPairSync('ed25519').privateKey;
const draft = (n: number): DetectionDraft => ({
  v: 1, id: `gist1:b:${n}`, revision: 0, box: 'gist1', detector: 'indicator',
  indicator: { id: 'i', prefix: '198.51.100.0/24', proto: null, port: null },
  flow: { remote: '198.51.100.7', local: '10.1.0.5', proto: 6, remotePort: 1, localPort: 2 },
  matched: 'source', seen: [], packets: 1, bytes: 60, firstAt: 1, lastAt: 1,
}); // prettier-ignore

class FakeQueue {
  readonly added: [string, Envelope][] = [];
  answer: () => Promise<void> = () => Promise.resolve();
  add(id: string, payload: unknown): Promise<void> {
    this.added.push([id, payload as Envelope]);
    return this.answer();
  }
}

describe('Outbox', () => {
  let folder: string;
  const clock = new FakeClock();
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'outbox-'));
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    rmSync(folder, { recursive: true });
  });
  const open = (limits = SPOOL_LIMITS) => {
    const boot = newBoot();
    const spool = new Spool(folder, boot, limits);
    const outbox = new Outbox(new Sealer('gist1', key, boot), spool, clock, () => undefined);
    return { boot, spool, outbox, queue: new FakeQueue() };
  };
  const second = async (n = 1): Promise<void> => {
    for (let i = 0; i < n; i++) {
      clock.advance(1);
      await vi.advanceTimersByTimeAsync(1_000);
    }
  };

  it('has written a detection to the disk before it adds it, under box:boot:seq', () => {
    const { boot, outbox, queue } = open();
    outbox.start(queue);
    queue.answer = () => {
      expect(readFileSync(join(folder, `${boot}.ndjson`), 'utf8')).toContain('gist1:b:1');
      return Promise.resolve();
    };
    expect(outbox.put(draft(1))).toBe(true);
    expect(queue.added.map(([id]) => id)).toEqual([`gist1:${boot}:1`]);
    expect(JSON.parse(queue.added[0]![1].body)).toMatchObject({ id: 'gist1:b:1', queuedAt: clock.nowUs() });
  });

  it('adds again what was not acknowledged, and less and less often', async () => {
    const { boot, outbox, queue } = open();
    outbox.start(queue);
    outbox.put(draft(1));
    outbox.put(draft(2));
    outbox.acknowledge(boot, [1]);
    await second(4);
    expect(queue.added).toHaveLength(2);
    await second(2);
    expect(queue.added.slice(2)).toEqual([queue.added[1]]);
    await second(8);
    expect(queue.added).toHaveLength(3);
    await second(3);
    expect(queue.added).toHaveLength(4);
    outbox.acknowledge(boot, [2]);
    await second(70);
    expect(queue.added).toHaveLength(4);
    expect(outbox.depth).toBe(0);
  });

  it('delivers what an earlier boot left, with the envelopes of that time, and removes its file when it is acknowledged', () => {
    const first = open();
    for (const n of [1, 2, 3]) first.outbox.put(draft(n));
    first.outbox.acknowledge(first.boot, [2]);
    first.spool.close();
    const path = join(folder, `${first.boot}.ndjson`);
    const lines = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((l) => JSON.parse(l) as Envelope);
    appendFileSync(path, '{"v":1,"from":"gi'); // killed while writing

    const { outbox, queue, spool } = open();
    outbox.put(draft(4));
    outbox.start(queue);
    // 2 was acknowledged and is delivered once more: the file is rewritten only now and then.
    expect(queue.added.map(([id]) => id.split(':')[2])).toEqual(['1', '2', '3', '1']);
    expect(queue.added.slice(0, 3).map(([, e]) => e)).toEqual(lines);
    expect(spool.torn).toBe(1);
    outbox.acknowledge(first.boot, [1, 2, 3]);
    expect(existsSync(path)).toBe(false);
    expect(outbox.depth).toBe(1);
  });

  it('refuses the newest and counts it when there is no room, without leaving out a number', () => {
    const { boot, outbox, queue } = open({ entries: 2, bytes: 1 << 20 });
    outbox.start(queue);
    expect([1, 2, 3].map((n) => outbox.put(draft(n)))).toEqual([true, true, false]);
    expect(outbox.counts).toMatchObject({ sealed: 2, lost: 1 });
    outbox.acknowledge(boot, [1]);
    expect(outbox.put(draft(4))).toBe(true);
    expect(queue.added.map(([, e]) => e.seq)).toEqual([1, 2, 3]);
  });

  it('has at most 256 adds on their way, and goes on in order', async () => {
    const { outbox, queue } = open();
    const release: (() => void)[] = [];
    queue.answer = () => new Promise((resolve) => release.push(resolve));
    outbox.start(queue);
    for (let n = 1; n <= 300; n++) outbox.put(draft(n));
    expect(queue.added).toHaveLength(256);
    while (release.length > 0) {
      release.shift()!();
      await vi.advanceTimersByTimeAsync(0);
    }
    expect(queue.added.map(([, e]) => e.seq)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
  });

  it('counts an add that failed, and tries again', async () => {
    const { outbox, queue } = open();
    queue.answer = () => Promise.reject(new Error('READONLY'));
    outbox.start(queue);
    outbox.put(draft(1));
    await second(1);
    expect(outbox.counts.addFailed).toBe(1);
    queue.answer = () => Promise.resolve();
    await second(1);
    expect(queue.added).toHaveLength(2);
  });

  it('rewrites the file when most of it is acknowledged, and still reads each line right', async () => {
    const { boot, outbox, spool, queue } = open();
    outbox.start(queue);
    for (let n = 1; n <= 3_000; n++) outbox.put(draft(n));
    await vi.advanceTimersByTimeAsync(0);
    const full = spool.bytes;
    outbox.acknowledge(
      boot,
      Array.from({ length: 2_990 }, (_, i) => i + 1),
    );
    expect(spool.bytes).toBeLessThan(full / 100);
    outbox.put(draft(3_001));
    spool.close();
    const again = open();
    again.outbox.start(again.queue);
    expect(again.queue.added.map(([, e]) => e.seq)).toEqual(Array.from({ length: 11 }, (_, i) => 2_991 + i));
    expect(readdirSync(folder)).toHaveLength(2);
  });
});
