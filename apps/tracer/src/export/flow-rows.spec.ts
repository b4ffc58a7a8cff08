import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlowRows, KEY_WORDS } from './flow-rows.js';

const keyOf = (n: number): Int32Array => new Int32Array(KEY_WORDS).fill(n % 7).fill(n, 3, 4);

describe('FlowRows', () => {
  it('finds what was added and not removed, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ n: fc.integer({ min: 0, max: 40 }), add: fc.boolean() }), { maxLength: 400 }), (steps) => {
        const rows = new FlowRows(1_000);
        const model = new Map<number, number>();
        for (const { n, add } of steps) {
          const row = rows.find(keyOf(n));
          expect(row).toBe(model.get(n) ?? -1);
          if (add && row < 0) model.set(n, rows.add(keyOf(n)));
          if (!add && row >= 0) {
            rows.remove(row);
            model.delete(n);
          }
        }
        for (let n = 0; n <= 40; n++) expect(rows.find(keyOf(n))).toBe(model.get(n) ?? -1);
        expect(rows.size).toBe(model.size);
      }),
    );
  });

  it('grows to its limit, keeps what was in a row, and has none for more', () => {
    const rows = new FlowRows(3_000);
    for (let n = 0; n < 3_000; n++) {
      const row = rows.add(keyOf(n));
      rows.doubles[row * 12] = n;
    }
    expect(rows.add(keyOf(3_000))).toBe(-1);
    for (let n = 0; n < 3_000; n++) expect(rows.doubles[rows.find(keyOf(n)) * 12]).toBe(n);
    rows.remove(rows.find(keyOf(5)));
    const row = rows.add(keyOf(3_000));
    expect(rows.doubles[row * 12]).toBe(0);
    expect(rows.end).toBe(3_000);
  });
});
