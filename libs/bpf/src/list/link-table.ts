import { qualifierOf, type ListEntry } from './list-entry.js';

const WORDS = 4;
const FLAG_SAFE = 1;
/** Heads share a word with the low byte of an address (c/list.h: segments). */
const MAX_LINKS = 0xff_ffff;

/** The links of all chains: {value, qualifier, next, flags}. Link 0 is "none". */
export class LinkTable {
  private table: Uint32Array;
  private used = 1;

  constructor(entries: number) {
    this.table = new Uint32Array(WORDS * (entries + 1));
  }

  get count(): number {
    return this.used;
  }

  get words(): Uint32Array {
    return this.table.subarray(0, WORDS * this.used);
  }

  /**
   * The chain of one prefix: its qualified entries, then its unqualified ones, then the chain of the nearest shorter prefix.
   * It goes on after an unqualified entry, since that one may have expired. Among equals the first given comes first.
   * Returns the head. Throws RangeError beyond 2^24 entries.
   */
  chain(entries: readonly ListEntry[], shorter: number): number {
    let head = shorter;
    for (const qualified of [false, true]) {
      for (let i = entries.length - 1; i >= 0; i--) {
        const entry = entries[i];
        if (entry === undefined) continue;
        const qualifier = qualifierOf(entry);
        if ((qualifier !== 0) === qualified) head = this.add(entry, qualifier, head);
      }
    }
    return head;
  }

  private add(entry: ListEntry, qualifier: number, next: number): number {
    if (this.used > MAX_LINKS) throw new RangeError(`a list holds at most ${MAX_LINKS} entries`);
    const at = WORDS * this.used;
    this.table[at] = entry.value;
    this.table[at + 1] = qualifier;
    this.table[at + 2] = next;
    this.table[at + 3] = entry.safe === true ? FLAG_SAFE : 0;
    return this.used++;
  }
}
