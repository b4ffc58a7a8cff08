import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { Outlet } from './outlet.js';

const message = (n: number) => ({ bytes: Buffer.from([n]), records: 1 });

describe('Outlet', () => {
  it('sends to every collector in order; one that is away is counted and holds nothing up', async () => {
    const collector = createSocket('udp4').bind(0, '127.0.0.1');
    await once(collector, 'listening');
    const got: number[] = [];
    collector.on('message', (bytes) => got.push(bytes[0] ?? -1));
    const away = createSocket('udp4').bind(0, '127.0.0.1');
    await once(away, 'listening');
    const awayPort = away.address().port;
    away.close();
    await once(away, 'close');
    const problems: string[] = [];
    const at = (port: number) => ({ address: '127.0.0.1', port });
    const outlet = new Outlet([at(awayPort), at(collector.address().port)], 100_000, (p) => problems.push(p));
    await vi.waitFor(() => {
      outlet.give(message(0));
      if (!got.includes(0)) throw new Error('not connected yet');
    });
    await vi.waitFor(() => expect(outlet.depth).toBe(0));
    for (let n = 1; n <= 20; n++) outlet.give(message(n));
    await vi.waitFor(() => expect(got.filter((n) => n > 0)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1)));
    expect(outlet.counts.unreachable).toBeGreaterThan(0);
    expect(problems[0]).toBe(`the collector 127.0.0.1 port ${awayPort} does not listen`);
    await outlet.close();
    collector.close();
  });

  it('holds so many messages and sends so many a second', async () => {
    vi.useFakeTimers();
    try {
      const outlet = new Outlet([{ address: '127.0.0.1', port: 9 }], 100, () => undefined);
      for (let n = 0; n < 3_000; n++) outlet.give(message(n));
      expect(outlet.room).toBe(0);
      expect(outlet.counts.skipped).toBe(3_000 - 2_048);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(2_048 - outlet.depth).toBeGreaterThanOrEqual(98);
      expect(2_048 - outlet.depth).toBeLessThanOrEqual(104);
      const before = outlet.counts.skipped;
      const closed = outlet.close();
      await vi.advanceTimersByTimeAsync(2_100);
      await closed;
      expect(outlet.depth).toBe(0);
      expect(outlet.counts.skipped).toBeGreaterThan(before);
    } finally {
      vi.useRealTimers();
    }
  });
});
