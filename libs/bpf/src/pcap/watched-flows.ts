import { judgePacket, type Verdict } from '../events/judge-packet.js';
import { FlowCache } from '../file/flow-cache.js';
import { FlowRecords, type FlowTotals } from '../file/flow-record.js';
import type { FlowNumber } from '../file/fragment-table.js';
import type { ListLookup } from '../list/lookup.js';
import type { Packet } from '../packet/packet.js';
import type { Direction, FlowSample } from '../tap.port.js';

export interface Site {
  readonly ifindex: number;
  readonly ifname: string;
  readonly direction: Direction;
}
/** The watch list in force; without a look-up it names nobody. */
export interface Watch {
  readonly generation: number;
  readonly lookup: ListLookup | undefined;
}

interface Judged extends Verdict {
  generation: number;
  /** Packets told of since that list said so. */
  told: number;
}
/** A packet that is to be told of. */
export interface Told extends Verdict {
  readonly flow: FlowTotals;
  readonly later: boolean;
}

/** Flows of one interface in one direction, each with what the watch list said of it. Where they are too many, all go and are counted anew. */
export class WatchedFlows {
  private cache = new FlowCache();
  private records = new FlowRecords(this.cache);
  private judged = new Map<FlowNumber, Judged>();
  /** Generation by flow + 1; 0 = not asked. Most flows are in no list: they cost a number. */
  private asked: number[] = [];

  constructor(
    private readonly site: Site,
    private readonly maxFlows: number,
    private readonly evidencePackets: number,
    private readonly onEvicted: (flow: FlowSample) => void,
  ) {}

  /** Counts a packet with an IP header; what is to be told of it, if anything. */
  add(p: Packet, wire: number, us: number, watch: Watch): Told | undefined {
    if (this.cache.count >= this.maxFlows) this.evictAll();
    const flow = this.cache.add(p, wire, us);
    if (this.asked[flow] === watch.generation + 1) {
      const known = this.judged.get(flow);
      if (known === undefined || known.told >= this.evidencePackets || this.records.read(flow).packets > this.evidencePackets)
        return undefined;
      known.told += 1;
      return { rule: known.rule, matched: known.matched, matchedOuter: known.matchedOuter, flow: this.records.read(flow), later: true };
    }
    this.asked[flow] = watch.generation + 1;
    const verdict = watch.lookup === undefined ? undefined : judgePacket(watch.lookup, p);
    if (verdict === undefined || verdict.rule === 0) {
      this.judged.delete(flow);
      return undefined;
    }
    this.judged.set(flow, { ...verdict, generation: watch.generation, told: 1 });
    return { ...verdict, flow: this.records.read(flow), later: false };
  }

  samples(matchedOnly: boolean): FlowSample[] {
    if (matchedOnly) return [...this.judged.keys()].map((flow) => this.sampleOf(flow));
    return [...this.all()];
  }

  get count(): number {
    return this.cache.count;
  }
  get laterFragments(): number {
    return this.cache.laterFragments;
  }

  private *all(): Generator<FlowSample> {
    for (let row = 0; row < this.cache.table4.count; row++) yield this.sampleOf(row << 1);
    for (let row = 0; row < this.cache.table6.count; row++) yield this.sampleOf((row << 1) | 1);
  }

  private evictAll(): void {
    const gone = [...this.all()];
    this.cache = new FlowCache();
    this.records = new FlowRecords(this.cache);
    this.judged = new Map();
    this.asked = [];
    for (const flow of gone) this.onEvicted(flow);
  }

  private sampleOf(flow: FlowNumber): FlowSample {
    const { src, dst, sport, dport, proto, icmp, vni, vlan, packets, bytes, tcpFlags, firstUs, lastUs } = this.records.read(flow);
    const { rule, generation } = this.judged.get(flow) ?? { rule: 0, generation: Math.max(0, (this.asked[flow] ?? 0) - 1) };
    return {
      ...this.site, src, dst, sport, dport, proto, icmp, vni, vlan: vlan.slice(0, 2), packets, bytes, tcpFlags, rule, generation,
      firstBootNs: BigInt(firstUs) * 1000n,
      lastBootNs: BigInt(lastUs) * 1000n,
    }; // prettier-ignore
  }
}
