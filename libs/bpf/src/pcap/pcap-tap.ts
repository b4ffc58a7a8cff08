import { bootClock } from '../clock/boot-clock.js';
import { buildList } from '../list/build-list.js';
import { ListLookup } from '../list/lookup.js';
import { listInterfaces, watchInterfaces } from '../net/rtnetlink.js';
import { LINK } from '../packet/link-type.js';
import { Packet } from '../packet/packet.js';
import { parse } from '../packet/parse.js';
import { FAULT } from '../packet/step.js';
import type {
  DropCount,
  DropEntry,
  FlowSample,
  ProtectedEndpoint,
  Tap,
  TapCounters,
  TapEvent,
  TapInterface,
  WatchEntry,
} from '../tap.port.js';
import { PacketSocket, type SocketFrame } from '../live/packet-socket.js';
import { PcapInterface, SNAP_BYTES } from './pcap-interface.js';
import { WatchedFlows, type Watch } from './watched-flows.js';

export interface PcapTapOptions {
  /** Which interfaces of this network namespace to tap, by name. */
  readonly interfaces: (name: string) => boolean;
  /** As EbpfTap has it. */
  readonly evidence?: { readonly packets: number; readonly bytes: number };
  /**
   * Of one interface in one direction.
   * @defaultValue 32768
   */
  readonly maxFlows?: number;
}

const GENERATION_MASK = 0x7fff_ffff;
const MAX_EVIDENCE_BYTES = 256;
const ADDRESSES_BYTES = 12;
const TAG_BYTES = 4;
/** As the tap of eBPF has them. */
const TAGS_TOLD = 2;
const ETHERNET_HARDWARE = new Set([1, 772]);

interface Tapped {
  readonly link: PcapInterface;
  readonly flows: readonly WatchedFlows[];
}
type Handlers = { readonly onEvent: (event: TapEvent) => void; readonly onEvicted: (flow: FlowSample) => void };

/**
 * A tap of packet sockets, for where eBPF is not to be had: the same events and counts, by the same parser in TypeScript. It sees a packet
 * before tc does, drops nothing, and under a load that is too much for it misses packets, which are counted. Nothing outlives it.
 */
export class PcapTap implements Tap {
  private handlers: Handlers | undefined;
  private readonly tapped = new Map<number, Tapped>();
  private watch: Watch = { generation: 0, lookup: undefined };
  private drops: readonly DropEntry[] = [];
  private stopWatching: () => void = () => undefined;
  private readonly clock = bootClock();
  private readonly packet = new Packet();
  /** A frame with the tag put back that the kernel took out. */
  private readonly tagged = Buffer.alloc(SNAP_BYTES + TAG_BYTES);
  private missedBefore = 0;
  private offset: bigint | undefined;
  private readonly counts = {
    otherPackets: 0,
    otherBytes: 0,
    truncated: 0,
    malformed: 0,
    tooDeep: 0,
    tunnelled: 0,
    evicted: 0,
    fragments: 0,
  };

  constructor(private readonly options: PcapTapOptions) {}

  /** Throws where it may not open packet sockets, or where it runs already. */
  async start(onEvent: (event: TapEvent) => void, onFlowEvicted: (flow: FlowSample) => void = () => undefined): Promise<void> {
    if (this.handlers !== undefined) throw new Error('the tap runs already');
    PacketSocket.check();
    const onEvicted = (flow: FlowSample): void => {
      this.counts.evicted += 1;
      onFlowEvicted(flow);
    };
    this.handlers = { onEvent, onEvicted };
    await this.sync();
    this.stopWatching = watchInterfaces(() => void this.sync().catch(() => undefined));
  }

  async setWatch(entries: readonly WatchEntry[]): Promise<number> {
    this.whileRunning();
    const generation = (this.watch.generation + 1) & GENERATION_MASK || 1;
    const items = entries.map(({ rule, ...match }) => ({ ...match, value: rule }));
    this.watch = { generation, lookup: entries.length === 0 ? undefined : new ListLookup(buildList(items, generation)) };
    return generation;
  }

  /** Drops nothing, and says so of every interface while there is anything to drop. */
  async setDrops(entries: readonly DropEntry[], _safe: readonly ProtectedEndpoint[]): Promise<void> {
    this.whileRunning();
    this.drops = [...entries];
  }

  dropCounts(): DropCount[] {
    this.whileRunning();
    return this.drops.map(({ id }) => ({ id, packets: 0, bytes: 0, lastBootNs: 0n }));
  }

  flows({ matchedOnly = false } = {}): FlowSample[] {
    this.whileRunning();
    return [...this.tapped.values()].flatMap(({ flows }) => flows.flatMap((side) => side.samples(matchedOnly)));
  }

  counters(): TapCounters {
    this.whileRunning();
    return {
      ...NO_COUNTS,
      ...this.counts,
      missed: this.missedBefore + [...this.tapped.values()].reduce((sum, { link }) => sum + link.missed, 0),
    };
  }

  interfaces(): TapInterface[] {
    this.whileRunning();
    return [...this.tapped.values()].map(({ link }) => link.describe(this.drops.length > 0));
  }

  async sync(): Promise<void> {
    const handlers = this.whileRunning();
    const wanted = listInterfaces().filter(({ name, hardware }) => ETHERNET_HARDWARE.has(hardware) && this.options.interfaces(name));
    const byIndex = new Map(wanted.map((net) => [net.ifindex, net]));
    for (const [ifindex, { link, flows }] of this.tapped) {
      if (byIndex.get(ifindex)?.name === link.net.name) continue;
      link.close();
      this.missedBefore += link.missed;
      this.tapped.delete(ifindex);
      for (const side of flows) side.samples(false).forEach(handlers.onEvicted);
    }
    for (const net of wanted) {
      const known = this.tapped.get(net.ifindex);
      if (known !== undefined) {
        known.link.open();
        continue;
      }
      const sides = { ingress: this.side(net, 'ingress', handlers), egress: this.side(net, 'egress', handlers) };
      const link = new PcapInterface(net, (frame) => {
        const direction = frame.outgoing ? 'egress' : 'ingress';
        this.take(sides[direction], { ifindex: net.ifindex, ifname: net.name, direction }, frame);
      });
      this.tapped.set(net.ifindex, { link, flows: [sides.ingress, sides.egress] });
    }
  }

  async close(): Promise<void> {
    this.stopWatching();
    for (const { link } of this.tapped.values()) link.close();
    this.tapped.clear();
    this.handlers = undefined;
  }

  remove(): Promise<void> {
    return this.close();
  }

  private side(net: { ifindex: number; name: string }, direction: 'ingress' | 'egress', { onEvicted }: Handlers): WatchedFlows {
    const { maxFlows = 32_768, evidence } = this.options;
    return new WatchedFlows({ ifindex: net.ifindex, ifname: net.name, direction }, maxFlows, evidence?.packets ?? 0, onEvicted);
  }

  private take(flows: WatchedFlows, site: Pick<TapEvent, 'ifindex' | 'ifname' | 'direction'>, frame: SocketFrame): void {
    const { packet: p, counts, handlers } = this;
    if (handlers === undefined) return;
    const { wire } = frame;
    const bytes = frame.tagType === 0 ? bytesOf(frame) : this.withTag(frame);
    p.attach(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
    parse(p, LINK.ethernet, 0, bytes.length, wire + (frame.tagType === 0 ? 0 : TAG_BYTES));
    if (p.fault === FAULT.truncated) counts.truncated += 1;
    if (p.fault === FAULT.malformed) counts.malformed += 1;
    if (p.fault === FAULT.tooDeep) counts.tooDeep += 1;
    if (p.family === 0) {
      counts.otherPackets += 1;
      counts.otherBytes += wire;
      return;
    }
    if (p.outerFamily !== 0) counts.tunnelled += 1;
    if (p.fragment) counts.fragments += 1;
    const bootNs = BigInt(frame.seconds) * 1_000_000_000n + BigInt(frame.nanoseconds) - this.wallOffset();
    const told = flows.add(p, wire, Number(bootNs / 1000n), this.watch);
    if (told === undefined) return;
    const { flow, rule, matched, matchedOuter, later } = told;
    const { src, dst, sport, dport, proto, vlan, vni, outer, icmp } = flow;
    const kept = Math.min(bytes.length, this.evidenceBytes + (frame.tagType === 0 ? 0 : TAG_BYTES));
    handlers.onEvent({
      ...site, bootNs, src, dst, sport, dport, proto, vlan: vlan.slice(0, TAGS_TOLD), vni, outer, icmp, rule, matched, matchedOuter, later,
      generation: this.watch.generation,
      length: wire,
      tcpFlags: p.tcpFlags,
      fragment: p.fragment,
      frame: this.evidenceBytes === 0 ? null : Buffer.from(bytes.subarray(0, kept)),
    }); // prettier-ignore
  }

  private get evidenceBytes(): number {
    return Math.min(this.options.evidence?.bytes ?? 0, MAX_EVIDENCE_BYTES);
  }

  /** From the clock of the stamps to that of events. One reading for the frames of one turn of the event loop. */
  private wallOffset(): bigint {
    if (this.offset === undefined) {
      this.offset = this.clock.wallOffsetNs();
      setImmediate(() => (this.offset = undefined));
    }
    return this.offset;
  }

  private withTag(frame: SocketFrame): Buffer {
    const bytes = bytesOf(frame);
    const length = Math.min(bytes.length, SNAP_BYTES);
    const { tagged } = this;
    tagged.set(bytes.subarray(0, ADDRESSES_BYTES));
    tagged.writeUInt16BE(frame.tagType, ADDRESSES_BYTES);
    tagged.writeUInt16BE(frame.tag, ADDRESSES_BYTES + 2);
    tagged.set(bytes.subarray(ADDRESSES_BYTES, length), ADDRESSES_BYTES + TAG_BYTES);
    return tagged.subarray(0, length + TAG_BYTES);
  }

  private whileRunning(): Handlers {
    if (this.handlers === undefined) throw new Error('the tap does not run: start it first');
    return this.handlers;
  }
}

const bytesOf = ({ view, at, captured }: SocketFrame): Uint8Array => new Uint8Array(view.buffer, view.byteOffset + at, captured);

const NO_COUNTS: TapCounters = {
  otherPackets: 0, otherBytes: 0, truncated: 0, malformed: 0, tooDeep: 0, fragments: 0, tunnelled: 0, evicted: 0, evictLost: 0,
  evictLostPackets: 0, evictLostBytes: 0, eventLost: 0, chainLong: 0, dropChainLong: 0, droppedPackets: 0, droppedBytes: 0, sparedSafe: 0,
  sparedNd: 0, dropExpired: 0, dropTruncated: 0, dropMalformed: 0, dropTooDeep: 0,
}; // prettier-ignore
