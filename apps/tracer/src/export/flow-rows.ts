import { randomInt } from 'node:crypto';

/** Words of a key, and after them words of the row's owner. */
export const KEY_WORDS = 13;
export const ROW_WORDS = 16;
export const ROW_DOUBLES = 12;
const HASH = 15;

const FIRST_ROWS = 1 << 10;

/**
 * Rows of words and doubles, found by their first `KEY_WORDS` words: open addressing with linear probing, no object a row. Rows keep their
 * number until they are removed. The hash is seeded: nobody outside can compute collisions. The arrays are others after `add`.
 */
export class FlowRows {
  words = new Int32Array(FIRST_ROWS * ROW_WORDS);
  doubles = new Float64Array(FIRST_ROWS * ROW_DOUBLES);
  /** Rows in use. */
  size = 0;
  /** Every row in use has a number below this. */
  end = 0;
  private capacity = FIRST_ROWS;
  private free: number[] = [];
  private used = new Uint8Array(FIRST_ROWS);
  /** Row + 1 by slot; twice as many slots as rows. */
  private slots = new Int32Array(2 * FIRST_ROWS);
  private readonly seed = randomInt(2 ** 31);

  constructor(private readonly maxRows: number) {}

  isUsed(row: number): boolean {
    return this.used[row] === 1;
  }

  /** -1 = none. */
  find(key: Int32Array): number {
    const hash = this.hashOf(key);
    const { slots, words } = this;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const row = slots[slot]! - 1;
      if (row < 0) return -1;
      const base = row * ROW_WORDS;
      if (words[base + HASH] !== hash) continue;
      let i = 0;
      while (i < KEY_WORDS && words[base + i] === key[i]) i++;
      if (i === KEY_WORDS) return row;
    }
  }

  /** A row, zeroed behind its key, for a key that has none; -1 where there is no room. */
  add(key: Int32Array): number {
    if (this.size >= this.maxRows) return -1;
    if (this.size === this.capacity) this.grow();
    const row = this.free.pop() ?? this.end++;
    const base = row * ROW_WORDS;
    this.words.fill(0, base, base + ROW_WORDS);
    this.words.set(key, base);
    this.words[base + HASH] = this.hashOf(key);
    this.doubles.fill(0, row * ROW_DOUBLES, (row + 1) * ROW_DOUBLES);
    this.used[row] = 1;
    this.size += 1;
    this.enter(row);
    return row;
  }

  remove(row: number): void {
    const { slots, words } = this;
    const mask = slots.length - 1;
    let hole = words[row * ROW_WORDS + HASH]! & mask;
    while (slots[hole] !== row + 1) hole = (hole + 1) & mask;
    // What was pushed on past the hole moves back, so that probes need no tombstones.
    for (let slot = (hole + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const wanted = words[(slots[slot]! - 1) * ROW_WORDS + HASH]! & mask;
      if (((slot - wanted) & mask) < ((slot - hole) & mask)) continue;
      slots[hole] = slots[slot]!;
      hole = slot;
    }
    slots[hole] = 0;
    this.used[row] = 0;
    this.size -= 1;
    this.free.push(row);
    if (this.size === 0) [this.end, this.free] = [0, []];
  }

  private enter(row: number): void {
    const { slots } = this;
    const mask = slots.length - 1;
    let slot = this.words[row * ROW_WORDS + HASH]! & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = row + 1;
  }

  private hashOf(key: Int32Array): number {
    let h = this.seed;
    for (let i = 0; i < KEY_WORDS; i++) {
      h = Math.imul(h ^ key[i]!, 0x9e3779b1);
      h ^= h >>> 15;
    }
    h = Math.imul(h, 0x85ebca77);
    return h ^ (h >>> 13);
  }

  private grow(): void {
    this.capacity *= 2;
    const { words, doubles, used } = this;
    this.words = new Int32Array(this.capacity * ROW_WORDS);
    this.words.set(words);
    this.doubles = new Float64Array(this.capacity * ROW_DOUBLES);
    this.doubles.set(doubles);
    this.used = new Uint8Array(this.capacity);
    this.used.set(used);
    this.slots = new Int32Array(2 * this.capacity);
    for (let row = 0; row < this.end; row++) if (this.used[row] === 1) this.enter(row);
  }
}
