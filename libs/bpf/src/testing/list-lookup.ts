import type { BuiltList } from '../list/build-list.js';

const NODES_AT = 2;

/** What c/list.h does, in TypeScript: the values of the chain of an IPv4 address, or of an IPv6 one given as a bigint, in order. */
export function chainOf({ words }: BuiltList, address: number | bigint): { value: number; qualifier: number; safe: boolean }[] {
  const word = (unit: number, at = 0): number => words[4 * unit + at] ?? 0;
  const flat = (unit: number, at: number): number => words[4 * unit + at] ?? 0;
  let head: number;
  if (typeof address === 'bigint') {
    head = 0;
    for (let i = 0; i < word(1, 2); i++) {
      const at = word(1, 0) + i;
      const start = (((BigInt(word(at, 1)) << 32n) | BigInt(word(at, 0))) << 64n) | (BigInt(word(at, 3)) << 32n) | BigInt(word(at, 2));
      if (start <= address) head = flat(word(1, 1), i);
    }
  } else {
    const node = NODES_AT + (address >>> 14);
    const cell = (address >>> 8) & 63;
    const own = (BigInt(word(node, 1)) << 32n) | BigInt(word(node, 0));
    if (((own >> BigInt(cell)) & 1n) === 0n) head = word(node, 3);
    else {
      const before = (own & ((1n << BigInt(cell)) - 1n)).toString(2).replaceAll('0', '').length;
      const at = 2 * (word(node, 2) + before);
      const [first, count] = [flat(word(0, 1), at), flat(word(0, 1), at + 1)];
      head = first;
      for (let i = 0; i < count; i++) {
        const segment = flat(word(0, 2), first + i);
        if (segment >>> 24 <= (address & 255)) head = segment & 0xffffff;
      }
    }
  }
  const chain = [];
  for (let link = head; link !== 0; link = word(word(0, 3) + link, 2)) {
    const at = word(0, 3) + link;
    chain.push({ value: word(at, 0), qualifier: word(at, 1), safe: (word(at, 3) & 1) !== 0 });
  }
  return chain;
}

/** The coarse bit of an IPv4 address. */
export const mayList = ({ coarse }: BuiltList, address: number): boolean =>
  (((coarse[address >>> 21] ?? 0) >>> ((address >>> 16) & 31)) & 1) === 1;
