import { randomInt } from 'node:crypto';

const FIRST_ROWS = 1 << 10;
/** Slots a row: a half-empty index keeps probes short. */
const SLOTS_PER_ROW = 2;
/** Hash and row + 1. */
const SLOT_WORDS = 2;

/**
 * Rows of words in one buffer, found by their first `keyWords` words: open addressing, linear probing, no object a row. The hash is seeded:
 * nobody outside can compute collisions. `words` and `doubles` are views of all rows and change when the table grows.
 */
export class RowTable {
  words: Int32Array;
  doubles: Float64Array;
  count = 0;
  private rows = FIRST_ROWS;
  private mask = FIRST_ROWS * SLOTS_PER_ROW - 1;
  private index = new Int32Array(FIRST_ROWS * SLOTS_PER_ROW * SLOT_WORDS);
  private readonly seed = randomInt(2 ** 31);

  /** `rowWords` is even, so that doubles are aligned. */
  constructor(
    private readonly keyWords: number,
    readonly rowWords: number,
  ) {
    this.words = new Int32Array(FIRST_ROWS * rowWords);
    this.doubles = new Float64Array(this.words.buffer);
  }

  /** Number of the row with this key (words `at` and on of `key`); -1 = none. */
  find(key: Int32Array, at = 0): number {
    const slot = this.slotOf(key, at, this.hash(key, at));
    return slot < 0 ? -1 : this.index[slot + 1]! - 1;
  }

  /** Number of the row with this key; a new row, zeroed behind the key, is number `count - 1` of the enlarged table. */
  findOrAdd(key: Int32Array, at = 0): number {
    const hash = this.hash(key, at);
    const { index, mask, words, rowWords, keyWords } = this;
    let slot = (hash & mask) << 1;
    for (;;) {
      const row = index[slot + 1]! - 1;
      if (row < 0) break;
      if (index[slot] === hash) {
        const base = row * rowWords;
        let i = 0;
        while (i < keyWords && words[base + i] === key[at + i]) i++;
        if (i === keyWords) return row;
      }
      slot = (slot + SLOT_WORDS) & ((mask << 1) | 1);
    }
    return this.add(key, at, hash, slot);
  }

  private add(key: Int32Array, at: number, hash: number, slot: number): number {
    if (this.count === this.rows) {
      this.grow();
      return this.findOrAdd(key, at);
    }
    const row = this.count++;
    this.index[slot] = hash;
    this.index[slot + 1] = row + 1;
    const base = row * this.rowWords;
    for (let i = 0; i < this.keyWords; i++) this.words[base + i] = key[at + i]!;
    return row;
  }

  private slotOf(key: Int32Array, at: number, hash: number): number {
    const { index, mask, words, rowWords, keyWords } = this;
    for (let slot = (hash & mask) << 1; ; slot = (slot + SLOT_WORDS) & ((mask << 1) | 1)) {
      const row = index[slot + 1]! - 1;
      if (row < 0) return -1;
      if (index[slot] !== hash) continue;
      let i = 0;
      while (i < keyWords && words[row * rowWords + i] === key[at + i]) i++;
      if (i === keyWords) return slot;
    }
  }

  private hash(key: Int32Array, at: number): number {
    let h = this.seed;
    for (let i = 0; i < this.keyWords; i++) {
      h = Math.imul(h ^ key[at + i]!, 0x9e3779b1);
      h ^= h >>> 15;
    }
    h = Math.imul(h, 0x85ebca77);
    return h ^ (h >>> 13);
  }

  private grow(): void {
    const old = this.index;
    this.rows *= 2;
    this.mask = this.rows * SLOTS_PER_ROW - 1;
    const words = new Int32Array(this.rows * this.rowWords);
    words.set(this.words);
    this.words = words;
    this.doubles = new Float64Array(words.buffer);
    const index = new Int32Array(this.rows * SLOTS_PER_ROW * SLOT_WORDS);
    const wrap = (this.mask << 1) | 1;
    for (let from = 0; from < old.length; from += SLOT_WORDS) {
      if (old[from + 1] === 0) continue;
      let slot = (old[from]! & this.mask) << 1;
      while (index[slot + 1] !== 0) slot = (slot + SLOT_WORDS) & wrap;
      index[slot] = old[from]!;
      index[slot + 1] = old[from + 1]!;
    }
    this.index = index;
  }
}
