import { FlowRows, KEY_WORDS, ROW_DOUBLES, ROW_WORDS } from './flow-rows.js';
import type { FlowView } from './flow-view.js';

const KEY = { src: 0, dst: 4, service: 8, kind: 9, ifindex: 10, vni: 11, vlan: 12 } as const;
/** Words behind the key: TCP flags seen, and the last round in which the tap's table held the flow. */
const WORD = { tcpFlags: KEY_WORDS, round: KEY_WORDS + 1 } as const;
/** `seen` and the rest as in libs/detect: the most that lives which have ended and the present one were together. */
const DOUBLE = {
  packets: 0, bytes: 1,
  endedPackets: 2, endedBytes: 3,
  livePackets: 4, liveBytes: 5,
  exportedPackets: 6, exportedBytes: 7,
  talliedPackets: 8, talliedBytes: 9,
  startMs: 10, lastMs: 11,
} as const; // prettier-ignore
const KIND = { family6: 0x100, egress: 0x200, icmp: 0x400 } as const;
const TAG_PRESENT = 0x1000;

/** Up to where a flow's counts have been told: in records of flows, or in summaries. */
export type Mark = 'exported' | 'tallied';
const MARK = { exported: DOUBLE.exportedPackets, tallied: DOUBLE.talliedPackets } as const;

/**
 * What was counted of each flow and what has been told of it. The tap's table holds whole counts of a flow's life in a slot; here they
 * become differences, added up over the processors and over lives. A flow stays until it has left the table and all of it has been told.
 */
export class FlowLedger {
  /** Flows that found no room: their counts are told when they leave the tap's table. */
  readonly counts = { full: 0, adoptedPackets: 0, adoptedBytes: 0 };
  private readonly rows: FlowRows;
  private readonly key = new Int32Array(KEY_WORDS);
  private round = 0;
  private lastRoundMs = 0;

  /** What was counted of flows that began before `sinceMs` until they are first read is another process's to tell. */
  constructor(
    maxFlows: number,
    private readonly marks: readonly Mark[],
    private readonly sinceMs: number,
  ) {
    this.rows = new FlowRows(maxFlows);
  }

  get size(): number {
    return this.rows.size;
  }
  /** Rows have numbers below this. */
  get end(): number {
    return this.rows.end;
  }

  beginRound(): void {
    this.round += 1;
  }

  /** A flow as the tap's table holds it now. */
  sample(flow: FlowView): void {
    const row = this.rowOf(flow);
    if (row < 0) {
      this.counts.full += 1;
      return;
    }
    const { words, doubles } = this.rows;
    const at = row * ROW_DOUBLES;
    // The table is split by processor: one flow may come several times in a round.
    if (words[row * ROW_WORDS + WORD.round] !== this.round) {
      words[row * ROW_WORDS + WORD.round] = this.round;
      doubles[at + DOUBLE.livePackets] = doubles[at + DOUBLE.liveBytes] = 0;
    }
    doubles[at + DOUBLE.livePackets]! += flow.packets;
    doubles[at + DOUBLE.liveBytes]! += flow.bytes;
    this.raise(row, flow);
  }

  /** The last counts of a life in the table. False: there is no room to keep them, and none of them has been told. */
  evicted(flow: FlowView): boolean {
    const row = this.rowOf(flow);
    if (row < 0) return false;
    const { doubles } = this.rows;
    const at = row * ROW_DOUBLES;
    doubles[at + DOUBLE.endedPackets]! += flow.packets;
    doubles[at + DOUBLE.endedBytes]! += flow.bytes;
    doubles[at + DOUBLE.livePackets] = doubles[at + DOUBLE.liveBytes] = 0;
    this.raise(row, flow);
    return true;
  }

  endRound(nowMs: number): void {
    this.lastRoundMs = nowMs;
  }

  isUsed(row: number): boolean {
    return this.rows.isUsed(row);
  }
  /** Packets that have not been told. */
  pending(row: number, mark: Mark): number {
    const { doubles } = this.rows;
    return doubles[row * ROW_DOUBLES + DOUBLE.packets]! - doubles[row * ROW_DOUBLES + MARK[mark]]!;
  }
  pendingBytes(row: number, mark: Mark): number {
    const { doubles } = this.rows;
    return doubles[row * ROW_DOUBLES + DOUBLE.bytes]! - doubles[row * ROW_DOUBLES + MARK[mark] + 1]!;
  }
  startMs(row: number): number {
    return this.rows.doubles[row * ROW_DOUBLES + DOUBLE.startMs]!;
  }
  lastMs(row: number): number {
    return this.rows.doubles[row * ROW_DOUBLES + DOUBLE.lastMs]!;
  }

  /** The flow, with the counts that have not been told. */
  read(row: number, mark: Mark, into: FlowView): void {
    const { words, doubles } = this.rows;
    const base = row * ROW_WORDS;
    const at = row * ROW_DOUBLES;
    const kind = words[base + KEY.kind]!;
    const service = words[base + KEY.service]!;
    const vlan = words[base + KEY.vlan]!;
    const isIcmp = (kind & KIND.icmp) !== 0;
    into.family = (kind & KIND.family6) === 0 ? 4 : 6;
    for (let i = 0; i < 4; i++) {
      into.src[i] = words[base + KEY.src + i]!;
      into.dst[i] = words[base + KEY.dst + i]!;
    }
    into.sport = isIcmp ? 0 : service >>> 16;
    into.dport = isIcmp ? 0 : service & 0xffff;
    into.icmp = isIcmp ? service : -1;
    into.proto = kind & 0xff;
    into.egress = (kind & KIND.egress) !== 0;
    into.ifindex = words[base + KEY.ifindex]!;
    into.vni = words[base + KEY.vni]!;
    into.vlan = tagOf(vlan >>> 16);
    into.innerVlan = tagOf(vlan & 0xffff);
    into.tcpFlags = words[base + WORD.tcpFlags]!;
    into.packets = this.pending(row, mark);
    into.bytes = this.pendingBytes(row, mark);
    into.firstMs = doubles[at + DOUBLE.startMs]!;
    into.lastMs = doubles[at + DOUBLE.lastMs]!;
  }

  /** All that is counted now has been told. */
  told(row: number, mark: Mark): void {
    const { doubles } = this.rows;
    const at = row * ROW_DOUBLES;
    doubles[at + MARK[mark]] = doubles[at + DOUBLE.packets]!;
    doubles[at + MARK[mark] + 1] = doubles[at + DOUBLE.bytes]!;
    if (mark === 'exported') doubles[at + DOUBLE.startMs] = 0;
  }

  /** Lets go of a flow that left the tap's table, once all of it has been told. One round later: an eviction may still be on its way. */
  forget(row: number): void {
    if (this.rows.words[row * ROW_WORDS + WORD.round]! >= this.round - 1) return;
    if (this.marks.every((mark) => this.pending(row, mark) === 0)) this.rows.remove(row);
  }

  /** The flow's row, a new one where it has none; -1 where there is no room. */
  private rowOf(flow: FlowView): number {
    const { key } = this;
    for (let i = 0; i < 4; i++) {
      key[KEY.src + i] = flow.family === 4 && i > 0 ? 0 : flow.src[i]!;
      key[KEY.dst + i] = flow.family === 4 && i > 0 ? 0 : flow.dst[i]!;
    }
    key[KEY.service] = flow.icmp >= 0 ? flow.icmp : (flow.sport << 16) | flow.dport;
    key[KEY.kind] =
      flow.proto | (flow.family === 6 ? KIND.family6 : 0) | (flow.egress ? KIND.egress : 0) | (flow.icmp >= 0 ? KIND.icmp : 0);
    key[KEY.ifindex] = flow.ifindex;
    key[KEY.vni] = flow.vni;
    key[KEY.vlan] = (tagBits(flow.vlan) << 16) | tagBits(flow.innerVlan);
    const known = this.rows.find(key);
    return known >= 0 ? known : this.rows.add(key);
  }

  private raise(row: number, flow: FlowView): void {
    const { words, doubles } = this.rows;
    const at = row * ROW_DOUBLES;
    words[row * ROW_WORDS + WORD.tcpFlags]! |= flow.tcpFlags;
    const packets = doubles[at + DOUBLE.endedPackets]! + doubles[at + DOUBLE.livePackets]!;
    const bytes = doubles[at + DOUBLE.endedBytes]! + doubles[at + DOUBLE.liveBytes]!;
    const last = doubles[at + DOUBLE.lastMs]!;
    // A reading that an eviction is on its way past shows less than there was.
    if (packets > doubles[at + DOUBLE.packets]!) {
      doubles[at + DOUBLE.packets] = packets;
      const start = doubles[at + DOUBLE.startMs]!;
      const wasTold = doubles[at + DOUBLE.exportedPackets]! > 0;
      if (!wasTold) doubles[at + DOUBLE.startMs] = start === 0 ? flow.firstMs : Math.min(start, flow.firstMs);
      // The kernel does not say when the first packet after a record came: after the reading before this one.
      else if (start === 0) doubles[at + DOUBLE.startMs] = Math.min(flow.lastMs, Math.max(last, this.lastRoundMs));
    }
    if (bytes > doubles[at + DOUBLE.bytes]!) doubles[at + DOUBLE.bytes] = bytes;
    if (flow.lastMs > last) doubles[at + DOUBLE.lastMs] = flow.lastMs;
    if (this.lastRoundMs === 0 && flow.firstMs < this.sinceMs) this.adopt(row, flow);
  }

  private adopt(row: number, flow: FlowView): void {
    this.counts.adoptedPackets += flow.packets;
    this.counts.adoptedBytes += flow.bytes;
    this.told(row, 'exported');
    this.told(row, 'tallied');
  }
}

const tagBits = (id: number): number => (id < 0 ? 0 : id | TAG_PRESENT);
const tagOf = (bits: number): number => ((bits & TAG_PRESENT) === 0 ? -1 : bits & 0xfff);
