import type { Tap } from '@guardpost/bpf';
import { FLOW_SUMMARY_MAX_TOTALS, formatAddress, type FlowSummary } from '@guardpost/contracts';
import type { FlowLedger } from '../flow-ledger.js';
import { newFlowView, type FlowView } from '../flow-view.js';
import { Totals } from './totals.js';
import { TopRows } from './top-rows.js';

export interface SummaryOptions {
  readonly box: string;
  readonly intervalSeconds: number;
  readonly topFlows: number;
}

/** Of a summary as text; what is longer loses half of its rows until it is not. */
const MAX_CHARS = 128 << 10;

type Other = FlowSummary['other'];

/** Adds up an interval: the largest flows by bytes, the totals, and what was cut off. */
export class Summariser {
  private totals = new Totals();
  private cut = { flows: 0, packets: 0, bytes: 0, totals: 0 };
  private otherBefore: Other;
  private readonly flow = newFlowView();

  constructor(
    private readonly options: SummaryOptions,
    private readonly ledger: FlowLedger,
    private readonly tap: Pick<Tap, 'counters' | 'interfaces'>,
    private fromMs: number,
    private readonly emit: (summary: FlowSummary) => void,
  ) {
    this.otherBefore = { packets: 0, bytes: 0 };
  }

  /** The tap runs: what it counted until now is of no interval. */
  begin(): void {
    this.otherBefore = this.otherNow();
  }

  /** After each reading. */
  round(nowMs: number): void {
    if (nowMs < this.fromMs) this.fromMs = nowMs; // the clock was set back
    if (nowMs - this.fromMs >= this.options.intervalSeconds * 1000) this.finish(nowMs);
  }

  /** A flow that the ledger has no room for. */
  evicted(flow: FlowView): void {
    this.totals.add(flow);
    this.leaveOut(flow.packets, flow.bytes);
  }

  /** Ends the interval, whatever its length. */
  finish(nowMs: number): void {
    const { ledger, flow } = this;
    const top = new TopRows(this.options.topFlows);
    let flows = 0;
    for (let row = 0; row < ledger.end; row++) {
      if (!ledger.isUsed(row) || ledger.pending(row, 'tallied') === 0) continue;
      ledger.read(row, 'tallied', flow);
      this.totals.add(flow);
      this.leaveOut(flow.packets, flow.bytes);
      top.add(row, flow.bytes);
      flows += 1;
    }
    this.send(nowMs, top.rows());
    if (flows > 0) for (let row = 0; row < ledger.end; row++) if (ledger.isUsed(row)) ledger.told(row, 'tallied');
    this.totals = new Totals();
    this.cut = { flows: 0, packets: 0, bytes: 0, totals: 0 };
    this.fromMs = nowMs;
  }

  /** What gets a row is taken out again. */
  private leaveOut(packets: number, bytes: number, flows = 1): void {
    this.cut.flows += flows;
    this.cut.packets += packets;
    this.cut.bytes += bytes;
  }

  private send(nowMs: number, rows: readonly number[]): void {
    const names = new Map(this.tap.interfaces().map(({ ifindex, name }) => [ifindex, name]));
    const interfaces: string[] = [];
    const places = new Map<number, number>();
    const placeOf = (ifindex: number): number => {
      let place = places.get(ifindex);
      if (place === undefined) {
        place = interfaces.push(names.get(ifindex) ?? `if${ifindex}`) - 1;
        places.set(ifindex, place);
      }
      return place;
    };
    const other = this.otherNow();
    const { totals, left } = this.totals.columns(placeOf, FLOW_SUMMARY_MAX_TOTALS);
    const cut = { ...this.cut, totals: left };
    const head = { v: 1, kind: 'flow-summary', box: this.options.box, from: this.fromMs * 1000, to: nowMs * 1000 } as const;
    const since: Other = {
      packets: Math.max(0, other.packets - this.otherBefore.packets),
      bytes: Math.max(0, other.bytes - this.otherBefore.bytes),
    };
    this.otherBefore = other;
    for (let taken = rows.length; ; taken = taken >> 1) {
      const { columns: flows, packets, bytes } = this.columns(rows.slice(0, taken), placeOf);
      const rest = { ...cut, flows: cut.flows - taken, packets: cut.packets - packets, bytes: cut.bytes - bytes };
      const summary: FlowSummary = { ...head, interfaces, flows, totals, cut: rest, other: since };
      if (taken === 0 || JSON.stringify(summary).length <= MAX_CHARS) return this.emit(summary);
    }
  }

  private columns(rows: readonly number[], placeOf: (ifindex: number) => number) {
    const columns: FlowSummary['flows'] = {
      src: [], dst: [], sport: [], dport: [], proto: [], icmp: [], interface: [], side: [], vlan: [], vni: [], packets: [], bytes: [], tcpFlags: [],
    }; // prettier-ignore
    const sum = { packets: 0, bytes: 0 };
    const { flow } = this;
    for (const row of rows) {
      this.ledger.read(row, 'tallied', flow);
      columns.src.push(addressOf(flow.src, flow.family));
      columns.dst.push(addressOf(flow.dst, flow.family));
      columns.sport.push(flow.sport);
      columns.dport.push(flow.dport);
      columns.proto.push(flow.proto);
      columns.icmp.push(orNull(flow.icmp));
      columns.interface.push(placeOf(flow.ifindex));
      columns.side.push(flow.egress ? 1 : 0);
      columns.vlan.push(orNull(flow.vlan));
      columns.vni.push(orNull(flow.vni));
      columns.packets.push(flow.packets);
      columns.bytes.push(flow.bytes);
      columns.tcpFlags.push(flow.tcpFlags);
      sum.packets += flow.packets;
      sum.bytes += flow.bytes;
    }
    return { columns, ...sum };
  }

  private otherNow(): Other {
    const { otherPackets, otherBytes, evictLostPackets, evictLostBytes } = this.tap.counters();
    return { packets: otherPackets + evictLostPackets, bytes: otherBytes + evictLostBytes };
  }
}

const orNull = (value: number): number | null => (value < 0 ? null : value);

const bytes = new Uint8Array(16);
function addressOf(words: Int32Array, family: 4 | 6): string {
  const length = family === 4 ? 4 : 16;
  for (let i = 0; i < length; i++) bytes[i] = words[i >> 2]! >>> (24 - 8 * (i & 3));
  return formatAddress(bytes.subarray(0, length));
}
