import type { FlowSummary } from '@guardpost/contracts';
import type { FlowView } from '../flow-view.js';

interface Total {
  readonly ifindex: number;
  readonly egress: boolean;
  readonly proto: number;
  flows: number;
  packets: number;
  bytes: number;
}

/** Counts by interface, side and protocol. As many as there are interfaces, times 512 at the most. */
export class Totals {
  private readonly byKey = new Map<number, Total>();

  add(flow: FlowView): void {
    const { ifindex, egress, proto } = flow;
    const key = ifindex * 512 + (egress ? 256 : 0) + proto;
    let total = this.byKey.get(key);
    if (total === undefined) this.byKey.set(key, (total = { ifindex, egress, proto, flows: 0, packets: 0, bytes: 0 }));
    total.flows += 1;
    total.packets += flow.packets;
    total.bytes += flow.bytes;
  }

  /** The largest `most`, and how many there was no room for. */
  columns(placeOf: (ifindex: number) => number, most: number): { totals: FlowSummary['totals']; left: number } {
    const all = [...this.byKey.values()].sort((a, b) => b.bytes - a.bytes);
    const kept = all.slice(0, most);
    const totals = {
      interface: kept.map(({ ifindex }) => placeOf(ifindex)),
      side: kept.map(({ egress }) => (egress ? 1 : 0)),
      proto: kept.map(({ proto }) => proto),
      flows: kept.map(({ flows }) => flows),
      packets: kept.map(({ packets }) => packets),
      bytes: kept.map(({ bytes }) => bytes),
    };
    return { totals, left: all.length - kept.length };
  }
}
