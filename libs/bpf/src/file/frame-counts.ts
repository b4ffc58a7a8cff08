import type { Packet } from '../packet/packet.js';
import { FAULT, FAULTS, LAYERS } from '../packet/step.js';

/** What became of the frames of a capture. */
export interface CaptureCounts {
  readonly packets: number;
  /** On the wire. */
  readonly bytes: number;
  readonly flows: number;
  /** Frames in no flow: without an IP header, or with none that can be read. */
  readonly otherPackets: number;
  readonly otherBytes: number;
  /** Of them, those of a link type that is not read, by its number. */
  readonly unknownLink: Readonly<Record<string, number>>;
  readonly tunnelled: number;
  readonly laterFragments: number;
  /** Later fragments whose first was not seen. */
  readonly strayFragments: number;
  /** Frames that were not read to their end, by fault and header: `truncated transport`, `malformed IPv4`. They are in a flow where an IP header was. */
  readonly faults: Readonly<Record<string, number>>;
}

/** Counts by fault and header. */
export class FaultCounts {
  private readonly counts = new Float64Array(FAULTS.length * LAYERS.length);

  add({ fault, layer }: Packet): void {
    this.counts[fault * LAYERS.length + layer]! += 1;
  }

  byReason(): Record<string, number> {
    const found: Record<string, number> = {};
    for (const [fault, what] of FAULTS.entries()) {
      if (fault === FAULT.none || fault === FAULT.notIp) continue;
      for (const [layer, name] of LAYERS.entries()) {
        const count = this.counts[fault * LAYERS.length + layer]!;
        if (count > 0) found[`${what} ${name}`] = count;
      }
    }
    return found;
  }
}
