import { judgePacket } from '../events/judge-packet.js';
import { buildList } from '../list/build-list.js';
import { ListLookup } from '../list/lookup.js';
import { isReadable } from '../packet/link-type.js';
import { Packet } from '../packet/packet.js';
import { parse } from '../packet/parse.js';
import { FAULT } from '../packet/step.js';
import type { FlowSample, TapEvent, WatchEntry } from '../tap.port.js';
import { openSource } from './byte-source.js';
import { readCapture } from './capture-reader.js';
import { FlowCache } from './flow-cache.js';
import type { FlowNumber } from './fragment-table.js';
import { FlowRecords, type FlowRecord, type FlowTotals } from './flow-record.js';
import { FaultCounts, type CaptureCounts } from './frame-counts.js';
import type { FileInterface, FrameSink } from './frame-sink.js';

/** Called while a file is read. Times are the capture's: its clock is taken for the boot clock. */
export interface FileTapHandlers {
  /** The first packet of a flow that the watch list knows. */
  readonly onEvent: (event: TapEvent) => void;
  /** Before each packet that begins another second: time for a reading of `flows`. */
  readonly onSecond: (us: number) => void;
}

const GENERATION = 1;

/** A tap over captures: the same events and flow samples as from the kernel, and a record of every flow. */
export class FileTap implements FrameSink {
  private readonly packet = new Packet();
  private readonly cache = new FlowCache();
  private readonly records = new FlowRecords(this.cache);
  private readonly faults = new FaultCounts();
  private readonly unknownLink: Record<string, number> = {};
  private readonly matched = new Map<FlowNumber, { rule: number; ifname: string }>();
  private lookup: ListLookup | undefined;
  private file = '';
  private second = -1;
  private packets = 0;
  private bytes = 0;
  private otherPackets = 0;
  private otherBytes = 0;
  private tunnelled = 0;

  constructor(private readonly handlers?: FileTapHandlers) {}

  /** Before the first file. Events are only made where there is a list. */
  setWatch(entries: readonly WatchEntry[]): void {
    const items = entries.map(({ rule, ...match }) => ({ ...match, value: rule }));
    this.lookup = entries.length === 0 ? undefined : new ListLookup(buildList(items, GENERATION));
  }

  /** Reads a file, or standard input for `-`. Rejects as readCapture does, or with the system's error; what was read until then counts. */
  async read(path: string, name = path): Promise<void> {
    this.file = name;
    const source = await openSource(path);
    try {
      await readCapture(source, this);
    } finally {
      await source.close();
    }
  }

  attach(bytes: Uint8Array, view: DataView): void {
    this.packet.attach(bytes, view);
  }

  frame(at: number, captured: number, wire: number, us: number, from: FileInterface): void {
    const p = this.packet;
    this.packets++;
    this.bytes += wire;
    parse(p, from.linkType, at, captured, wire);
    if (p.fault !== FAULT.none) this.faults.add(p);
    if (p.family === 0) {
      this.otherPackets++;
      this.otherBytes += wire;
      if (!isReadable(from.linkType)) this.unknownLink[from.linkType] = (this.unknownLink[from.linkType] ?? 0) + 1;
      return;
    }
    if (p.outerFamily !== 0) this.tunnelled++;
    if (this.lookup === undefined) {
      this.cache.add(p, wire, us);
      return;
    }
    const second = Math.floor(us / 1e6);
    if (second > this.second) {
      this.second = second;
      this.handlers?.onSecond(us);
    }
    const flow = this.cache.add(p, wire, us);
    if (this.cache.wasNew) this.judge(this.lookup, flow, wire, us, from.name ?? this.file);
  }

  /** Of the flows that the watch list knows. */
  flows(): FlowSample[] {
    return [...this.matched].map(([flow, { rule, ifname }]) => sampleOf(this.records.read(flow), rule, ifname));
  }

  /** Every flow, in the order of first packets. */
  allFlows(): Generator<FlowRecord> {
    return this.records.all();
  }

  counters(): CaptureCounts {
    return {
      packets: this.packets,
      bytes: this.bytes,
      flows: this.cache.count,
      otherPackets: this.otherPackets,
      otherBytes: this.otherBytes,
      unknownLink: { ...this.unknownLink },
      tunnelled: this.tunnelled,
      laterFragments: this.cache.laterFragments,
      strayFragments: this.cache.strayFragments,
      faults: this.faults.byReason(),
    };
  }

  private judge(lookup: ListLookup, flow: FlowNumber, wire: number, us: number, ifname: string): void {
    const p = this.packet;
    const { rule, matched, matchedOuter } = judgePacket(lookup, p);
    if (rule === 0) return;
    this.matched.set(flow, { rule, ifname });
    const { src, dst, sport, dport, proto, vlan, vni, outer, tcpFlags, icmp } = this.records.read(flow);
    this.handlers?.onEvent({
      src,
      dst,
      sport,
      dport,
      proto,
      vlan,
      vni,
      outer,
      tcpFlags,
      icmp,
      bootNs: BigInt(us) * 1000n,
      ifindex: 1,
      ifname,
      direction: 'ingress',
      rule,
      generation: GENERATION,
      matched,
      matchedOuter,
      length: wire,
      fragment: p.fragment,
    });
  }
}

const sampleOf = ({ firstUs, lastUs, ...counts }: FlowTotals, rule: number, ifname: string): FlowSample => ({
  ...counts,
  ifindex: 1,
  ifname,
  direction: 'ingress',
  rule,
  generation: GENERATION,
  firstBootNs: BigInt(firstUs) * 1000n,
  lastBootNs: BigInt(lastUs) * 1000n,
});
