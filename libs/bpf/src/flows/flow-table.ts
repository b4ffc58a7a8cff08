import type { BpfObject } from '../libbpf/bpf-object.js';
import { mapInfo } from '../libbpf/maps.js';
import { mapMemory, type MappedMemory } from '../libbpf/memory.js';
import { FLOW, FLOW4, FLOW6 } from '../layout/offsets.generated.js';
import type { FlowSample } from '../tap.port.js';
import { decodeFlow, type FlowContext } from './decode-flow.js';
import { larger, newColumns, type FlowColumns } from './flow-columns.js';
import type { Jiffies } from './jiffies.js';
import { readColumns } from './read-columns.js';

/** Readings of a slot that changes owner all the while; after that it is left out, and its last owner is in the evicted ring. */
const MAX_TRIES = 4;
const FIRST_ROWS = 1 << 10;

/** The kernel's flow table through mmap: no system call, 100,000 flows in a few ms before decoding. */
export class FlowTable {
  private readonly tables: { readonly family: 4 | 6; readonly size: number; readonly memory: MappedMemory; readonly words: Int32Array }[];

  /** Grows to what is read. */
  private room = newColumns(FIRST_ROWS);

  constructor(tap: BpfObject) {
    this.tables = ([4, 6] as const).map((family) => {
      const fd = tap.map(`flows${family}`);
      const { valueSize, maxEntries } = mapInfo(fd);
      const memory = mapMemory(fd, valueSize * maxEntries);
      return {
        family,
        size: family === 4 ? FLOW4.size : FLOW6.size,
        memory,
        words: new Int32Array(memory.buffer, 0, (valueSize * maxEntries) / 4),
      };
    });
  }

  /** Every slot in use; with `matchedOnly`, those with a rule. */
  read(context: FlowContext, matchedOnly: boolean): FlowSample[] {
    const samples: FlowSample[] = [];
    for (const { family, size, memory, words } of this.tables) {
      const view = new DataView(memory.buffer);
      const step = size / 4;
      for (let slot = 0; slot < words.length; slot += step) {
        if (words[slot + FLOW.packets / 4] === 0 && words[slot + FLOW.packets / 4 + 1] === 0) continue;
        if (matchedOnly && words[slot + FLOW.rule / 4] === 0) continue;
        const sample = readStable(words, slot + FLOW.sequence / 4, () => decodeFlow(view, slot * 4, family, context));
        if (sample !== undefined && sample.packets > 0) samples.push(sample);
      }
    }
    return samples;
  }

  /** As `read`, without an object a flow. The same arrays at each call. */
  columns(jiffies: Jiffies, matchedOnly: boolean): FlowColumns {
    this.room.count = 0;
    for (const { family, words } of this.tables) {
      let at = 0;
      while ((at = readColumns(words, at, family, matchedOnly, jiffies, this.room)) < words.length) this.room = larger(this.room);
    }
    return this.room;
  }

  close(): void {
    for (const { memory } of this.tables) memory.free();
  }
}

/** The sequence is odd while the slot changes owner, and another afterwards (the writer's side is change_owner in c/flow.h). */
function readStable<T>(words: Int32Array, sequenceAt: number, read: () => T): T | undefined {
  for (let i = 0; i < MAX_TRIES; i++) {
    const before = Atomics.load(words, sequenceAt);
    if ((before & 1) !== 0) continue;
    const value = read();
    if (Atomics.load(words, sequenceAt) === before) return value;
  }
  return undefined;
}
