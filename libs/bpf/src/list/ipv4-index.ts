import type { Ranges } from './ranges.js';

/** One node for each /18. */
export const NODES = 1 << 18;
const COARSE_BITS = 1 << 16;
const NODE_SPAN = 1 << 14;
const CELL_SPAN = 1 << 8;
const CELLS_PER_NODE = 64;

/** Words that grow. */
class Words {
  private table = new Uint32Array(1 << 12);
  length = 0;

  push(word: number): void {
    if (this.length === this.table.length) {
      const larger = new Uint32Array(2 * this.table.length);
      larger.set(this.table);
      this.table = larger;
    }
    this.table[this.length++] = word;
  }

  view(): Uint32Array {
    return this.table.subarray(0, this.length);
  }
}

export interface Ipv4Index {
  /** A bit for each /16 that any entry meets. */
  readonly coarse: Uint32Array;
  readonly nodes: Uint32Array;
  readonly cells: Uint32Array;
  readonly segments: Uint32Array;
}

/** The two upper levels and the segments that c/list.h describes, from the sorted ranges of the IPv4 space. */
export function indexIpv4({ starts, heads }: Ranges<number>): Ipv4Index {
  const nodes = new Uint32Array(4 * NODES);
  const cells = new Words();
  const segments = new Words();
  const startOf = (i: number): number => starts[i] ?? 2 ** 32;
  const headOf = (i: number): number => heads[i] ?? 0;
  let at = 0; // the range that holds the address looked at

  /** Which head most of a /18 has: it goes into the node, and needs no cell. */
  const cover = (from: number, to: number): number => {
    let widest = -1;
    let head = 0;
    for (let i = at; startOf(i) < to; i++) {
      const width = Math.min(startOf(i + 1), to) - Math.max(startOf(i), from);
      if (width > widest) [widest, head] = [width, headOf(i)];
    }
    return head;
  };

  /** A /24 that more than one range meets: its segments, the first from its first address. */
  const cut = (from: number): void => {
    const first = segments.length;
    segments.push(headOf(at));
    for (let i = at + 1; startOf(i) < from + CELL_SPAN; i++) segments.push((((startOf(i) & 255) << 24) | headOf(i)) >>> 0);
    cells.push(first);
    cells.push(segments.length - first);
  };

  for (let node = 0; node < NODES; node++) {
    const from = node * NODE_SPAN;
    while (startOf(at + 1) <= from) at++;
    nodes[4 * node + 2] = cells.length / 2;
    if (startOf(at + 1) >= from + NODE_SPAN) {
      nodes[4 * node + 3] = headOf(at);
      continue;
    }
    const most = cover(from, from + NODE_SPAN);
    nodes[4 * node + 3] = most;
    for (let cell = 0; cell < CELLS_PER_NODE; cell++) {
      const cellFrom = from + cell * CELL_SPAN;
      while (startOf(at + 1) <= cellFrom) at++;
      const whole = startOf(at + 1) >= cellFrom + CELL_SPAN;
      if (whole && headOf(at) === most) continue;
      const word = 4 * node + (cell >> 5);
      nodes[word] = ((nodes[word] ?? 0) | (1 << (cell & 31))) >>> 0;
      if (whole) {
        cells.push(headOf(at));
        cells.push(0);
      } else cut(cellFrom);
    }
  }
  return { coarse: coarseOf(nodes), nodes, cells: cells.view(), segments: segments.view() };
}

function coarseOf(nodes: Uint32Array): Uint32Array {
  const coarse = new Uint32Array(COARSE_BITS / 32);
  for (let node = 0; node < NODES; node++) {
    if (((nodes[4 * node] ?? 0) | (nodes[4 * node + 1] ?? 0) | (nodes[4 * node + 3] ?? 0)) === 0) continue;
    const block = node >>> 2;
    coarse[block >>> 5] = ((coarse[block >>> 5] ?? 0) | (1 << (block & 31))) >>> 0;
  }
  return coarse;
}
