import type { ListEntry } from './list-entry.js';
import type { PrefixGroup } from './ranges.js';

const INDEX_BITS = 26;

const word = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;

/** IPv4 prefixes by first address and length. Sorts 64-bit numbers of address, length and index: no comparator, a million in 0.1 s. */
export function* groupsOf4(entries: readonly ListEntry[]): Iterable<PrefixGroup<number>> {
  const keys = new BigUint64Array(entries.length);
  const halves = new Uint32Array(keys.buffer);
  entries.forEach(({ prefix }, i) => {
    halves[2 * i] = ((prefix.length << INDEX_BITS) | i) >>> 0;
    halves[2 * i + 1] = word(prefix.bytes, 0);
  });
  keys.sort();
  for (let i = 0; i < entries.length;) {
    const first = halves[2 * i + 1] ?? 0;
    const length = (halves[2 * i] ?? 0) >>> INDEX_BITS;
    const same: ListEntry[] = [];
    for (; i < entries.length && halves[2 * i + 1] === first && (halves[2 * i] ?? 0) >>> INDEX_BITS === length; i++) {
      const entry = entries[(halves[2 * i] ?? 0) & ((1 << INDEX_BITS) - 1)];
      if (entry !== undefined) same.push(entry);
    }
    yield { first, end: first + 2 ** (32 - length), entries: same };
  }
}

const address6 = (bytes: Uint8Array): bigint =>
  (BigInt(word(bytes, 0)) << 96n) | (BigInt(word(bytes, 4)) << 64n) | (BigInt(word(bytes, 8)) << 32n) | BigInt(word(bytes, 12));

/** IPv6 prefixes by first address and length; entries of one prefix keep their order. */
export function* groupsOf6(entries: readonly ListEntry[]): Iterable<PrefixGroup<bigint>> {
  const sorted = entries
    .map((entry) => ({ entry, first: address6(entry.prefix.bytes), length: entry.prefix.length }))
    .sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : a.length - b.length));
  for (let i = 0; i < sorted.length;) {
    const head = sorted[i];
    if (head === undefined) return;
    const same: ListEntry[] = [];
    for (let next = sorted[i]; next !== undefined && next.first === head.first && next.length === head.length; next = sorted[++i])
      same.push(next.entry);
    yield { first: head.first, end: head.first + (1n << BigInt(128 - head.length)), entries: same };
  }
}
