import type { BpfObject } from '../libbpf/bpf-object.js';
import { buildList } from '../list/build-list.js';
import type { ListEntry } from '../list/list-entry.js';
import { swapList } from '../list/list-holder.js';
import type { DropCount, DropEntry, ProtectedEndpoint } from '../tap.port.js';
import { CoarseFilter } from './coarse-filter.js';
import { DropSlots } from './drop-slots.js';

/** Of a safe link: it has no slot, but a list entry has a number. */
const NO_SLOT = 1;

/** What the kernel is to drop: entries and protected endpoints in one list, swapped whole, so that the two never disagree. */
export class DropList {
  private readonly slots: DropSlots;
  private readonly coarse: CoarseFilter;
  private readonly holder: number;
  private listed = new Map<string, number>();

  constructor(drop: BpfObject) {
    this.holder = drop.map('drop_lists');
    this.coarse = new CoarseFilter(drop);
    this.slots = new DropSlots(drop.map('drops'), drop.map('drop_counts'));
  }

  /** Whether entries are in force, by this process or by the one before it. */
  get inForce(): boolean {
    return this.slots.used > 0;
  }

  /**
   * Replaces the list. Entries that stay keep slot and counters and drop all the while: a new one's slot is filled before the swap, an old
   * one's is freed after it. Throws RangeError where ids repeat, or beyond the slots; the list in force then stays as it is.
   */
  async set(entries: readonly DropEntry[], safe: readonly ProtectedEndpoint[]): Promise<void> {
    const next = new Map<string, number>();
    const before = this.slots.inUse();
    const list: ListEntry[] = safe.map(({ prefix, proto, port }) => ({ prefix, proto, port, value: NO_SLOT, safe: true }));
    try {
      for (const { id, prefix, proto, port, expiresBootNs } of entries) {
        if (next.has(id)) throw new RangeError(`drop entry ${id} is listed twice`);
        const slot = this.slots.take(id, expiresBootNs);
        next.set(id, slot);
        list.push({ prefix, proto, port, value: slot });
      }
      const built = buildList(list, 0);
      this.coarse.widen(built.coarse);
      await swapList(this.holder, built);
      this.coarse.narrow(built.coarse);
    } catch (error) {
      this.slots.keep(before);
      throw error;
    }
    this.listed = next;
    this.slots.keep(new Set(next.values()));
  }

  counts(): DropCount[] {
    return [...this.listed].map(([id, slot]) => this.slots.countOf(id, slot));
  }

  close(): void {
    this.slots.close();
  }
}
