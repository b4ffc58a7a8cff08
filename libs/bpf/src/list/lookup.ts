import type { BuiltList } from './build-list.js';

const NODES_AT = 2;
const UNIT_WORDS = 4;
/** Of links, of node words: see c/list.h. */
const LINK = { value: 0, qualifier: 1, next: 2 } as const;

/** Asks a list what the kernel asks it (c/list.h, c/watch.h), of addresses as words in wire order. */
export class ListLookup {
  private readonly words: Uint32Array;
  private readonly cellsAt: number;
  private readonly segmentsAt: number;
  private readonly linksAt: number;
  private readonly startsAt: number;
  private readonly headsAt: number;
  private readonly count6: number;

  constructor({ words }: BuiltList) {
    this.words = words;
    this.cellsAt = UNIT_WORDS * words[1]!;
    this.segmentsAt = UNIT_WORDS * words[2]!;
    this.linksAt = UNIT_WORDS * words[3]!;
    this.startsAt = UNIT_WORDS * words[4]!;
    this.headsAt = UNIT_WORDS * words[5]!;
    this.count6 = words[6]!;
  }

  /** The first entry that matches, longest prefix first, qualified before unqualified; 0 = none. A port of 0 is none. */
  valueFor(family: number, address: Int32Array, proto: number, port: number): number {
    const { words, linksAt } = this;
    let link = family === 4 ? this.head4(address[0]! >>> 0) : this.head6(address);
    while (link !== 0) {
      const at = linksAt + UNIT_WORDS * link;
      const qualifier = words[at + LINK.qualifier]!;
      const [ofProto, ofPort] = [qualifier & 255, qualifier >>> 16];
      if ((ofProto === 0 || ofProto === proto) && (ofPort === 0 || ofPort === port)) return words[at + LINK.value]!;
      link = words[at + LINK.next]!;
    }
    return 0;
  }

  private head4(address: number): number {
    const { words, cellsAt, segmentsAt } = this;
    const node = UNIT_WORDS * (NODES_AT + (address >>> 14));
    const bit = (address >>> 8) & 63;
    const [low, high] = [words[node]!, words[node + 1]!];
    const own = bit < 32 ? low >>> bit : high >>> (bit - 32);
    if ((own & 1) === 0) return words[node + 3]!;
    const before = bit < 32 ? ones(low & (2 ** bit - 1)) : ones(low) + ones(high & (2 ** (bit - 32) - 1));
    const cell = cellsAt + 2 * (words[node + 2]! + before);
    const [first, count] = [words[cell]!, words[cell + 1]!];
    if (count === 0) return first;
    let found = 0;
    for (let lo = 0, hi = count; lo < hi;) {
      const mid = (lo + hi) >> 1;
      const segment = words[segmentsAt + first + mid]!;
      if (segment >>> 24 <= (address & 255)) {
        found = segment;
        lo = mid + 1;
      } else hi = mid;
    }
    return found & 0xff_ffff;
  }

  private head6(address: Int32Array): number {
    let found = -1;
    for (let lo = 0, hi = this.count6; lo < hi;) {
      const mid = (lo + hi) >> 1;
      if (this.startsBy(mid, address)) {
        found = mid;
        lo = mid + 1;
      } else hi = mid;
    }
    return found < 0 ? 0 : this.words[this.headsAt + found]!;
  }

  /** Whether range `index` starts at or before the address. Each half of a start lies with its low word first. */
  private startsBy(index: number, address: Int32Array): boolean {
    const at = this.startsAt + UNIT_WORDS * index;
    for (const [i, word] of [at + 1, at, at + 3, at + 2].entries()) {
      const start = this.words[word]!;
      const own = address[i]! >>> 0;
      if (start !== own) return start < own;
    }
    return true;
  }
}

function ones(x: number): number {
  x -= (x >>> 1) & 0x55555555;
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
