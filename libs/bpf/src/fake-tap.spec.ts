import { describe, expect, it } from 'vitest';
import { FakeTap } from './fake-tap.js';
import { prefix } from './testing/kernel.js';
import type { TapEvent } from './tap.port.js';

const entry = (id: string) => ({ id, prefix: prefix('192.0.2.0/24'), expiresBootNs: 5n });

describe('FakeTap', () => {
  it('refuses work before start and after close', async () => {
    const tap = new FakeTap();
    await expect(tap.setWatch([])).rejects.toThrow('start it first');
    await tap.start(() => undefined);
    await expect(tap.start(() => undefined)).rejects.toThrow('runs already');
    await tap.close();
    expect(() => tap.flows()).toThrow('start it first');
  });

  it('hands over what is injected, with the generation in force', async () => {
    const tap = new FakeTap();
    const events: TapEvent[] = [];
    await tap.start((event) => events.push(event));
    await tap.setWatch([]);
    const generation = await tap.setWatch([{ rule: 7, prefix: prefix('192.0.2.0/24') }]);
    await tap.inject({ rule: 7, src: '192.0.2.1' });
    expect(events).toMatchObject([{ rule: 7, src: '192.0.2.1', generation }]);
  });

  it('counts hits by id, for as long as the id is listed', async () => {
    const tap = new FakeTap();
    await tap.start(() => undefined);
    await tap.setDrops([entry('a'), entry('b')], []);
    tap.hit('a', 2, 120, 9n);
    await tap.setDrops([entry('a')], []);
    expect(tap.dropCounts()).toEqual([{ id: 'a', packets: 2, bytes: 120, lastBootNs: 9n }]);
    expect(() => tap.hit('b', 1, 1, 1n)).toThrow('no drop entry b');
    await expect(tap.setDrops([entry('a'), entry('a')], [])).rejects.toThrow('listed twice');
  });
});
