import type { IpPrefix } from '@guardpost/contracts';
import type { FlowColumns } from './flows/flow-columns.js';

/** What to look for. It is reported, never dropped. */
export interface WatchEntry {
  /** The caller's own number for it, 1..2^24-1, stable between lists: events carry it. */
  readonly rule: number;
  readonly prefix: IpPrefix;
  /** IANA number; absent = any. */
  readonly proto?: number | undefined;
  /** Of the endpoint in `prefix`; absent = any. */
  readonly port?: number | undefined;
}

/** What to drop, until when. */
export interface DropEntry {
  /** Unique in the list. The same id keeps its counters, through restarts too. */
  readonly id: string;
  readonly prefix: IpPrefix;
  readonly proto?: number | undefined;
  readonly port?: number | undefined;
  /** Boot clock; checked in the kernel at each hit. */
  readonly expiresBootNs: bigint;
}

/** What is never dropped, whatever the drop list says: ONOS, Redis, BGP peers, the box's own addresses. */
export interface ProtectedEndpoint {
  readonly prefix: IpPrefix;
  readonly proto?: number | undefined;
  /** On either side of the conversation. */
  readonly port?: number | undefined;
}

export type Direction = 'ingress' | 'egress';

/** The first packet of a flow that the watch list in force knows, or (`later`) one of those after it. */
export interface TapEvent {
  readonly bootNs: bigint;
  readonly ifindex: number;
  readonly ifname: string;
  readonly direction: Direction;
  /** Of the innermost IP header. */
  readonly src: string;
  readonly dst: string;
  /** 0 where the packet has none (ICMP, other protocols); a later fragment has those of its first, where that was seen. */
  readonly sport: number;
  readonly dport: number;
  readonly proto: number;
  /** Ids of the first two tags, outermost first. */
  readonly vlan: number[];
  readonly vni: number | null;
  /** Of the outermost IP header of a tunnelled packet. */
  readonly outer: { readonly src: string; readonly dst: string } | null;
  readonly rule: number;
  /** Of the list that matched. */
  readonly generation: number;
  readonly matched: 'source' | 'destination';
  /** The match is an address of `outer`, and none of `src` and `dst`. */
  readonly matchedOuter: boolean;
  /** Of the frame, in bytes. */
  readonly length: number;
  readonly tcpFlags: number;
  readonly icmp: { readonly type: number; readonly code: number } | null;
  /** A later fragment. */
  readonly fragment: boolean;
  /** Not the flow's first packet: it comes as evidence only. Absent = false. */
  readonly later?: boolean;
  /** The first bytes of the frame, as on the wire. Absent or null where the tap takes none. */
  readonly frame?: Uint8Array | null;
}

/**
 * Counts of one flow on one interface in one direction, as one CPU saw it: a flow that two CPUs carried comes as two samples, and one
 * that was evicted and came back as two in a row. Add up what has the same key; key and firstBootNs tell one life of a flow from the next.
 */
export interface FlowSample {
  readonly ifindex: number;
  readonly ifname: string;
  readonly direction: Direction;
  readonly src: string;
  readonly dst: string;
  readonly sport: number;
  readonly dport: number;
  readonly proto: number;
  readonly icmp: { readonly type: number; readonly code: number } | null;
  readonly vni: number | null;
  readonly vlan: number[];
  /** 0 = not on the watch list. */
  readonly rule: number;
  /** Of the list that said so. */
  readonly generation: number;
  readonly packets: number;
  readonly bytes: number;
  /** Good to a tick of the kernel (1-10 ms). */
  readonly firstBootNs: bigint;
  readonly lastBootNs: bigint;
  /** All that were seen, or-ed. */
  readonly tcpFlags: number;
}

/** Since the pins were made. Nothing is lost that is not counted here. */
export interface TapCounters {
  /** Frames without an IP header that can be read: ARP, LLDP, BDDP, and broken ones. */
  readonly otherPackets: number;
  readonly otherBytes: number;
  /** Frames that end before their headers do, or before the length that an IP header gives. */
  readonly truncated: number;
  /** Headers that contradict themselves. */
  readonly malformed: number;
  /** More than 32 headers or 4 tunnels. */
  readonly tooDeep: number;
  /** Later fragments. */
  readonly fragments: number;
  readonly tunnelled: number;
  /** Flows that gave up their slot to another; they went to onFlowEvicted. */
  readonly evicted: number;
  /** Of those, the ones that did not fit into the ring. */
  readonly evictLost: number;
  readonly evictLostPackets: number;
  readonly evictLostBytes: number;
  /** Times that an event did not fit into the ring. The flow's next packet tries again. */
  readonly eventLost: number;
  /** Look-ups that met a chain of more than 4096 entries and gave up: the watch list, then the drop list. */
  readonly chainLong: number;
  readonly dropChainLong: number;
  readonly droppedPackets: number;
  readonly droppedBytes: number;
  /** Listed, but a protected endpoint is in it. */
  readonly sparedSafe: number;
  /** Listed, but it is IPv6 neighbour discovery. */
  readonly sparedNd: number;
  /** Met only entries that had expired. */
  readonly dropExpired: number;
  /** As above, of frames that XDP read whole (those are counted by the tap as well). */
  readonly dropTruncated: number;
  readonly dropMalformed: number;
  readonly dropTooDeep: number;
  /** Packets that passed and that the tap did not see: one of packet sockets. Absent: there are none. */
  readonly missed?: number;
}

export interface TapInterface {
  readonly name: string;
  readonly ifindex: number;
  readonly tap: 'link' | 'clsact' | 'pcap' | 'none';
  /** `off`: no drop list is in force. `unavailable`: drops do not hold here, `problem` says why. */
  readonly xdp: 'native' | 'generic' | 'off' | 'unavailable';
  readonly problem?: string;
}

export interface DropCount {
  readonly id: string;
  readonly packets: number;
  readonly bytes: number;
  /** 0n = never hit. */
  readonly lastBootNs: bigint;
}

/** Sees every packet of a set of interfaces, reports those on the watch list, and drops those on the drop list. */
export interface Tap {
  /** Attaches, or adopts what an earlier process left pinned. Events and evicted flows come from the event loop, never from inside a call. */
  start(onEvent: (event: TapEvent) => void, onFlowEvicted?: (flow: FlowSample) => void): Promise<void>;
  /** Replaces the watch list whole. Resolves to its generation once it is in force. */
  setWatch(entries: readonly WatchEntry[]): Promise<number>;
  /** Replaces the drop list and the protected endpoints whole; what stays listed drops all the while. XDP is attached only while there are entries. */
  setDrops(entries: readonly DropEntry[], safe: readonly ProtectedEndpoint[]): Promise<void>;
  /** Of the entries listed now. */
  dropCounts(): DropCount[];
  flows(options?: { readonly matchedOnly?: boolean }): FlowSample[];
  /** The same for many flows (100,000 in 5 ms): the arrays are others' at the next call. Absent: `columnsOf(tap.flows())`. */
  flowColumns?(options?: { readonly matchedOnly?: boolean }): FlowColumns;
  counters(): TapCounters;
  interfaces(): TapInterface[];
  /** Attaches to interfaces that came, forgets those that went. Also done by itself when the kernel tells of a change. */
  sync(): Promise<void>;
  /** Lets go. What is pinned goes on counting, and dropping until each entry's expiry. */
  close(): Promise<void>;
  /** Detaches and unpins everything. */
  remove(): Promise<void>;
}
