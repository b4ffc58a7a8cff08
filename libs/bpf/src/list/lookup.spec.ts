import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chainOf } from '../testing/list-lookup.js';
import { buildList } from './build-list.js';
import type { ListEntry } from './list-entry.js';
import { ListLookup } from './lookup.js';

const bytesOf = (address: bigint, size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, i) => Number((address >> BigInt(8 * (size - 1 - i))) & 255n));
const wordsOf = (address: bigint, size: number): Int32Array =>
  Int32Array.from({ length: size / 4 }, (_, i) => Number((address >> BigInt(32 * (size / 4 - 1 - i))) & 0xffffffffn) | 0);
const service = { proto: fc.constantFrom(undefined, 6, 17), port: fc.constantFrom(undefined, 80, 336, 65535) };
const near = (base: bigint, bits: number) => fc.oneof(fc.bigInt(base, base + 1023n), fc.bigInt(0n, (1n << BigInt(bits)) - 1n));

describe('ListLookup', () => {
  it.each([
    [4, 4, 0x0a000000n],
    [6, 16, 0x20010db8n << 96n],
  ] as const)('gives of IPv%i the first entry of the chain that matches', (family, size, base) => {
    const bits = 8 * size;
    const entry = fc.record({
      address: near(base, bits),
      length: fc.oneof(fc.integer({ min: bits - 10, max: bits }), fc.nat(bits)),
      ...service,
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 40 }), fc.array(near(base, bits), { minLength: 1, maxLength: 20 }), (given, asked) => {
        const entries = given.map(({ address, length, proto, port }, i): ListEntry => {
          const host = BigInt(bits - length);
          return { prefix: { family, bytes: bytesOf((address >> host) << host, size), length }, proto, port, value: i + 1 };
        });
        const list = buildList(entries, 1);
        const lookup = new ListLookup(list);
        for (const address of [...asked, ...given.map((e) => e.address)])
          for (const [proto, port] of [
            [6, 80],
            [17, 336],
            [6, 0],
            [1, 0],
          ] as const) {
            // prettier-ignore
            const want = chainOf(list, family === 4 ? Number(address) : address).find(
              ({ qualifier }) => [0, proto].includes(qualifier & 255) && [0, port].includes(qualifier >>> 16),
            );
            expect(lookup.valueFor(family, wordsOf(address, size), proto, port)).toBe(want?.value ?? 0);
          }
      }),
      { numRuns: 40 },
    );
  });
});
