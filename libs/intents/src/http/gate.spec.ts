import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Gate } from './gate.js';

const LONG_MS = 20_000;

describe('the gate', () => {
  it('never lets in more than it has places, lets everyone in at last, and refuses beyond its queue', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 0, max: 10 }),
        fc.array(fc.boolean(), { maxLength: 40 }),
        async (places, queue, callers) => {
          const gate = new Gate(places, queue);
          let inside = 0;
          let most = 0;
          const results = await Promise.all(
            callers.map(async (write) => {
              if ((await gate.enter(write, LONG_MS)) !== 'in') return false;
              most = Math.max(most, ++inside);
              await new Promise((resolve) => setImmediate(resolve));
              inside--;
              gate.leave(write);
              return true;
            }),
          );
          expect(most).toBeLessThanOrEqual(places);
          expect(inside).toBe(0);
          expect(results.filter(Boolean).length).toBeGreaterThanOrEqual(Math.min(callers.length, queue));
          expect(await gate.enter(false, LONG_MS)).toBe('in');
        },
      ),
    );
  });

  it('keeps places for writes, and lets them go first', async () => {
    const gate = new Gate(4, 10);
    const order: string[] = [];
    await gate.enter(false, LONG_MS);
    await gate.enter(false, LONG_MS);
    void gate.enter(false, LONG_MS).then(() => order.push('read'));
    await gate.enter(true, LONG_MS);
    await gate.enter(true, LONG_MS);
    void gate.enter(true, LONG_MS).then(() => order.push('write'));
    gate.leave(false);
    await Promise.resolve();
    await Promise.resolve();
    expect(order).toEqual(['write']);
  });

  it('lets nobody wait longer than it may, and forgets who gave up', async () => {
    const gate = new Gate(1, 1);
    await gate.enter(true, LONG_MS);
    expect(await gate.enter(true, 5)).toBe('late');
    const next = gate.enter(true, LONG_MS);
    expect(await gate.enter(true, LONG_MS)).toBe('full');
    gate.leave(true);
    expect(await next).toBe('in');
  });
});
