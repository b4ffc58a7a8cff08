import type { Packet } from '../packet/packet.js';
import { FragmentTable, type FlowNumber } from './fragment-table.js';
import { RowTable } from './row-table.js';

const KEY4 = { words: 5, src: 0, dst: 1, ports: 2, proto: 3, context: 4 } as const;
const KEY6 = { words: 11, src: 0, dst: 4, ports: 8, proto: 9, context: 10 } as const;
export const KEYS = { 4: KEY4, 6: KEY6 } as const;
/** Behind the key: flags (1 word), four doubles, ordinal, padding. */
const VALUE_WORDS = 1 + 8 + 2;
/** In the word of the protocol: the ports hold type and code; they are ports. Neither: there are none. */
export const ICMP_READ = 0x100;
export const PORTS_READ = 0x200;

/** vlan01, vlan23, VNI, outer family, outer source (4), outer destination (4). */
const CONTEXT_WORDS = 12;
export const CONTEXT = { vlan01: 0, vlan23: 1, vni: 2, outerFamily: 3, outerSrc: 4, outerDst: 8 } as const;

/** Where values stand behind a key, in words. From `packets` on, four doubles: packets, bytes, first, last. */
export const VALUES = { tcpFlags: 0, packets: 1, ordinal: 9 } as const;

/**
 * Counts of every flow of a capture. A flow is the innermost tuple (ICMP: with type and code) with its VLAN tags, VNI and outer addresses.
 * Later fragments count into the flow where the first was seen; where it was not, into one without ports.
 */
export class FlowCache {
  readonly table4 = new RowTable(KEY4.words, KEY4.words + VALUE_WORDS);
  readonly table6 = new RowTable(KEY6.words, KEY6.words + VALUE_WORDS);
  readonly contexts = new RowTable(CONTEXT_WORDS, CONTEXT_WORDS);
  private readonly fragments = new FragmentTable();
  private readonly key = new Int32Array(KEY6.words);
  private readonly context = new Int32Array(CONTEXT_WORDS);
  /** Of both tables. */
  count = 0;
  /** Later fragments, and those of them whose first was not seen. */
  laterFragments = 0;
  strayFragments = 0;
  /** Whether the last `add` met a new flow. */
  wasNew = false;

  constructor() {
    this.contexts.findOrAdd(this.plainContext()); // number 0
  }

  /** Counts a packet that has an IP header. `us` since 1970. */
  add(p: Packet, wire: number, us: number): FlowNumber {
    let flow = -1;
    if (p.fragment) {
      this.laterFragments++;
      flow = this.fragments.find(p, us);
      if (flow < 0) this.strayFragments++;
    }
    if (flow < 0) flow = p.family === 4 ? this.flow4(p) : this.flow6(p);
    else this.wasNew = false;
    if (p.fragments !== 0) this.fragments.note(p, flow, us);
    this.countInto(flow, p.tcpFlags, wire, us);
    return flow;
  }

  private countInto(flow: FlowNumber, tcpFlags: number, wire: number, us: number): void {
    const isV6 = (flow & 1) === 1;
    const table = isV6 ? this.table6 : this.table4;
    const at = (flow >>> 1) * table.rowWords + (isV6 ? KEY6.words : KEY4.words);
    const { doubles } = table;
    const counts = (at + VALUES.packets) >> 1;
    table.words[at] = table.words[at]! | tcpFlags;
    doubles[counts] = doubles[counts]! + 1;
    doubles[counts + 1] = doubles[counts + 1]! + wire;
    if (this.wasNew) {
      doubles[counts + 2] = doubles[counts + 3] = us;
      table.words[at + VALUES.ordinal] = this.count++;
    } else {
      if (us > doubles[counts + 3]!) doubles[counts + 3] = us;
      else if (us < doubles[counts + 2]!) doubles[counts + 2] = us;
    }
  }

  private flow4(p: Packet): FlowNumber {
    const { key, table4 } = this;
    key[KEY4.src] = p.src[0]!;
    key[KEY4.dst] = p.dst[0]!;
    this.service(p, KEY4.ports);
    key[KEY4.context] = this.contextOf(p);
    const before = table4.count;
    const row = table4.findOrAdd(key);
    this.wasNew = table4.count !== before;
    return row << 1;
  }

  private flow6(p: Packet): FlowNumber {
    const { key, table6 } = this;
    for (let i = 0; i < 4; i++) {
      key[KEY6.src + i] = p.src[i]!;
      key[KEY6.dst + i] = p.dst[i]!;
    }
    this.service(p, KEY6.ports);
    key[KEY6.context] = this.contextOf(p);
    const before = table6.count;
    const row = table6.findOrAdd(key);
    this.wasNew = table6.count !== before;
    return (row << 1) | 1;
  }

  private service(p: Packet, at: number): void {
    this.key[at] = p.icmp >= 0 ? p.icmp : (p.sport << 16) | p.dport;
    this.key[at + 1] = p.proto | (p.icmp >= 0 ? ICMP_READ : p.hasPorts ? PORTS_READ : 0);
  }

  private contextOf(p: Packet): number {
    if (p.vlan01 === 0 && p.outerFamily === 0 && p.vni < 0) return 0;
    const { context } = this;
    context[CONTEXT.vlan01] = p.vlan01;
    context[CONTEXT.vlan23] = p.vlan23;
    context[CONTEXT.vni] = p.vni;
    const outer = (context[CONTEXT.outerFamily] = p.outerFamily);
    for (let i = 0; i < 4; i++) {
      context[CONTEXT.outerSrc + i] = outer === 0 ? 0 : p.outerSrc[i]!;
      context[CONTEXT.outerDst + i] = outer === 0 ? 0 : p.outerDst[i]!;
    }
    return this.contexts.findOrAdd(context);
  }

  private plainContext(): Int32Array {
    this.context.fill(0);
    this.context[CONTEXT.vni] = -1;
    return this.context;
  }
}
