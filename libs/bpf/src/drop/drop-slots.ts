import { createHash } from 'node:crypto';
import { lookupElement, mapInfo, possibleCpus, updateElement } from '../libbpf/maps.js';
import { mapMemory, type MappedMemory } from '../libbpf/memory.js';
import { DROP_COUNT, DROP_SLOT } from '../layout/offsets.generated.js';
import type { DropCount } from '../tap.port.js';

const ID_BYTES = 16;
const digestOf = (id: string): Buffer => createHash('sha256').update(id).digest().subarray(0, ID_BYTES);

/**
 * Which entry of the drop list has which slot. A slot holds the expiry and the counters; what it matches is in the list. The kernel keeps
 * a digest of each id, so that a new process finds its slots, and their counters, again. Slot 0 is "none".
 */
export class DropSlots {
  private readonly memory: MappedMemory;
  private readonly expiries: BigUint64Array;
  private readonly bytes: Buffer;
  private readonly byDigest = new Map<string, number>();
  private readonly free: number[] = [];
  private readonly counts: Buffer;
  private readonly cpus = possibleCpus();

  constructor(
    drops: number,
    private readonly countsFd: number,
  ) {
    const { maxEntries } = mapInfo(drops);
    this.memory = mapMemory(drops, maxEntries * DROP_SLOT.size, { write: true });
    this.expiries = new BigUint64Array(this.memory.buffer);
    this.bytes = Buffer.from(this.memory.buffer);
    this.counts = Buffer.alloc(DROP_COUNT.size * this.cpus);
    for (let slot = maxEntries - 1; slot > 0; slot--) {
      if (this.expiryOf(slot) === 0n) this.free.push(slot);
      else this.byDigest.set(this.digestIn(slot), slot);
    }
  }

  /** Slots in use, those of an earlier process among them. */
  get used(): number {
    return this.byDigest.size;
  }

  inUse(): ReadonlySet<number> {
    return new Set(this.byDigest.values());
  }

  get capacity(): number {
    return this.used + this.free.length;
  }

  /** The slot of `id`, a fresh one with zero counters where it has none; its expiry holds at once. Throws RangeError when all are in use. */
  take(id: string, expiresBootNs: bigint): number {
    const digest = digestOf(id);
    const key = digest.toString('latin1');
    const known = this.byDigest.get(key);
    const slot = known ?? this.free.pop();
    if (slot === undefined) throw new RangeError(`all ${this.capacity} slots of the drop list are in use`);
    if (known === undefined) {
      updateElement(this.countsFd, slot, Buffer.alloc(this.counts.length));
      digest.copy(this.bytes, slot * DROP_SLOT.size + DROP_SLOT.id);
      this.byDigest.set(key, slot);
    }
    // 0 means free; 1 ns after the start of the machine has passed as well.
    Atomics.store(this.expiries, (slot * DROP_SLOT.size) / 8, expiresBootNs > 0n ? expiresBootNs : 1n);
    return slot;
  }

  /** Frees all slots but these. Only when no list in force names the others any more. */
  keep(slots: ReadonlySet<number>): void {
    for (const [digest, slot] of this.byDigest) {
      if (slots.has(slot)) continue;
      Atomics.store(this.expiries, (slot * DROP_SLOT.size) / 8, 0n);
      this.byDigest.delete(digest);
      this.free.push(slot);
    }
  }

  countOf(id: string, slot: number): DropCount {
    lookupElement(this.countsFd, slot, this.counts);
    let [packets, bytes, lastBootNs] = [0, 0, 0n];
    for (let at = 0; at < this.counts.length; at += DROP_COUNT.size) {
      packets += Number(this.counts.readBigUInt64LE(at + DROP_COUNT.packets));
      bytes += Number(this.counts.readBigUInt64LE(at + DROP_COUNT.bytes));
      const last = this.counts.readBigUInt64LE(at + DROP_COUNT.lastBootNs);
      if (last > lastBootNs) lastBootNs = last;
    }
    return { id, packets, bytes, lastBootNs };
  }

  close(): void {
    this.memory.free();
  }

  private expiryOf(slot: number): bigint {
    return this.expiries[(slot * DROP_SLOT.size) / 8] ?? 0n;
  }

  private digestIn(slot: number): string {
    const at = slot * DROP_SLOT.size + DROP_SLOT.id;
    return this.bytes.toString('latin1', at, at + ID_BYTES);
  }
}
