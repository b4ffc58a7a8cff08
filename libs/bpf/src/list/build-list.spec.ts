import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePrefix } from '@guardpost/contracts';
import { chainOf, mayList } from '../testing/list-lookup.js';
import { buildList } from './build-list.js';
import { qualifierOf, type ListEntry } from './list-entry.js';

const mask = (address: number, length: number): number => (length === 0 ? 0 : (address & (0xffffffff << (32 - length))) >>> 0);
const bytesOf = (address: number): Uint8Array =>
  Uint8Array.of(address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255);
const bytes6Of = (address: bigint): Uint8Array =>
  Uint8Array.from({ length: 16 }, (_, i) => Number((address >> BigInt(120 - 8 * i)) & 255n));

// Addresses close together, so that prefixes nest and share cells.
const address4 = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0x0a000000, max: 0x0a0003ff }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 ** 32 - 1 }) },
);
const length4 = fc.oneof(fc.integer({ min: 22, max: 32 }), fc.integer({ min: 0, max: 32 }));
const service = { proto: fc.constantFrom(undefined, 6, 17), port: fc.constantFrom(undefined, 80, 336, 65535) };
const entry4 = fc.record({ address: address4, length: length4, ...service });
const BASE6 = 0x20010db8n << 96n;
const address6 = fc.oneof(fc.bigInt(BASE6, BASE6 + 4096n), fc.bigInt(0n, (1n << 128n) - 1n));
const entry6 = fc.record({
  address: address6,
  length: fc.oneof(fc.integer({ min: 114, max: 128 }), fc.integer({ min: 0, max: 128 })),
  ...service,
});

/** Longest prefix first, of one prefix qualified ones first, of equals the first given. */
const order = (a: ListEntry & { at: number }, b: ListEntry & { at: number }): number =>
  b.prefix.length - a.prefix.length || Number(qualifierOf(b) !== 0) - Number(qualifierOf(a) !== 0) || a.at - b.at;
const naive = (entries: readonly ListEntry[], matches: (entry: ListEntry) => boolean): number[] =>
  entries
    .map((entry, at) => ({ ...entry, at }))
    .filter(matches)
    .sort(order)
    .map(({ value }) => value);

describe('buildList', () => {
  it('gives for every IPv4 address the chain that a scan of all entries gives', () => {
    fc.assert(
      fc.property(fc.array(entry4, { maxLength: 40 }), fc.array(address4, { minLength: 1, maxLength: 30 }), (given, asked) => {
        const entries = given.map(({ address, length, proto, port }, i): ListEntry => ({
          prefix: { family: 4, bytes: bytesOf(mask(address, length)), length },
          proto,
          port,
          value: i + 1,
        }));
        const list = buildList(entries, 1);
        const edges = given.flatMap(({ address, length }) => [
          mask(address, length),
          mask(address, length) + 2 ** (32 - length) - 1,
          mask(address, length) - 1,
        ]);
        for (const address of [...asked, ...edges.filter((edge) => edge >= 0)]) {
          const want = naive(
            entries,
            ({ prefix, value }) => mask(address, prefix.length) === mask(given[value - 1]?.address ?? 0, prefix.length),
          );
          expect(chainOf(list, address).map(({ value }) => value)).toEqual(want);
          expect(mayList(list, address) || want.length === 0).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('gives for every IPv6 address the chain that a scan of all entries gives', () => {
    fc.assert(
      fc.property(fc.array(entry6, { maxLength: 30 }), fc.array(address6, { minLength: 1, maxLength: 20 }), (given, asked) => {
        const top = (address: bigint, length: number): bigint => address >> BigInt(128 - length);
        const entries = given.map(({ address, length, proto, port }, i): ListEntry => ({
          prefix: { family: 6, bytes: bytes6Of(top(address, length) << BigInt(128 - length)), length },
          proto,
          port,
          value: i + 1,
        }));
        const list = buildList(entries, 1);
        for (const address of [...asked, ...given.map((entry) => entry.address)]) {
          const want = naive(
            entries,
            ({ prefix, value }) => top(address, prefix.length) === top(given[value - 1]?.address ?? 0n, prefix.length),
          );
          expect(chainOf(list, address).map(({ value }) => value)).toEqual(want);
        }
      }),
      { numRuns: 60 },
    );
  });

  const prefix = parsePrefix('192.0.2.0/24');
  if (prefix === undefined) throw new Error('no prefix');

  it('carries generation, whole ports and the safe mark', () => {
    const list = buildList([{ prefix, proto: 6, port: 65535, value: 0xffffff, safe: true }], 0xffff_fffe);
    expect(list.words[0]).toBe(0xffff_fffe);
    expect(chainOf(list, 0xc0000205)).toEqual([{ value: 0xffffff, qualifier: 0xffff0006, safe: true }]);
  });

  it('marks only the /16s that an entry meets', () => {
    const list = buildList([{ prefix, value: 1 }], 1);
    expect([0xc0000205, 0xc000ffff, 0xc0010000, 0xbfffffff, 0].map((address) => mayList(list, address))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it.each([{ value: 0 }, { value: 2 ** 24 }, { value: 1, port: 65536 }, { value: 1, proto: 256 }, { value: 1.5 }])(
    'refuses %o',
    (wrong) => {
      expect(() => buildList([{ prefix, ...wrong }], 1)).toThrow(RangeError);
    },
  );
});
