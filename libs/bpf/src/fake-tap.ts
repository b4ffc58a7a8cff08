import { columnsOf } from './flows/columns-of.js';
import type { FlowColumns } from './flows/flow-columns.js';
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
} from './tap.port.js';

const NO_COUNTS: TapCounters = {
  otherPackets: 0,
  otherBytes: 0,
  truncated: 0,
  malformed: 0,
  tooDeep: 0,
  fragments: 0,
  tunnelled: 0,
  evicted: 0,
  evictLost: 0,
  evictLostPackets: 0,
  evictLostBytes: 0,
  eventLost: 0,
  chainLong: 0,
  dropChainLong: 0,
  droppedPackets: 0,
  droppedBytes: 0,
  sparedSafe: 0,
  sparedNd: 0,
  dropExpired: 0,
  dropTruncated: 0,
  dropMalformed: 0,
  dropTooDeep: 0,
};

/** A tap without a kernel, for tests of what stands on one. As strict as the real one about order of calls and repeated ids. */
export class FakeTap implements Tap {
  watch: readonly WatchEntry[] = [];
  drops: readonly DropEntry[] = [];
  safe: readonly ProtectedEndpoint[] = [];
  /** What `flows`, `counters` and `interfaces` answer: set them. */
  samples: FlowSample[] = [];
  counts: TapCounters = NO_COUNTS;
  links: TapInterface[] = [];
  removed = false;
  private generation = 0;
  private readonly hits = new Map<string, DropCount>();
  private handlers: { onEvent: (event: TapEvent) => void; onFlowEvicted: (flow: FlowSample) => void } | undefined;

  async start(onEvent: (event: TapEvent) => void, onFlowEvicted: (flow: FlowSample) => void = () => undefined): Promise<void> {
    if (this.handlers !== undefined) throw new Error('the tap runs already');
    this.handlers = { onEvent, onFlowEvicted };
  }

  async setWatch(entries: readonly WatchEntry[]): Promise<number> {
    this.whileRunning();
    this.watch = [...entries];
    return ++this.generation;
  }

  async setDrops(entries: readonly DropEntry[], safe: readonly ProtectedEndpoint[]): Promise<void> {
    this.whileRunning();
    const ids = new Set<string>();
    for (const { id } of entries) {
      if (ids.has(id)) throw new RangeError(`drop entry ${id} is listed twice`);
      ids.add(id);
    }
    for (const id of this.hits.keys()) if (!ids.has(id)) this.hits.delete(id);
    this.drops = [...entries];
    this.safe = [...safe];
    const xdp = entries.length > 0 ? 'generic' : 'off';
    this.links = this.links.map((link) => (link.xdp === 'unavailable' ? link : { ...link, xdp }));
  }

  dropCounts(): DropCount[] {
    this.whileRunning();
    return this.drops.map(({ id }) => this.hits.get(id) ?? { id, packets: 0, bytes: 0, lastBootNs: 0n });
  }

  flows({ matchedOnly = false } = {}): FlowSample[] {
    this.whileRunning();
    return this.samples.filter((sample) => !matchedOnly || sample.rule !== 0);
  }

  flowColumns(options?: { readonly matchedOnly?: boolean }): FlowColumns {
    return columnsOf(this.flows(options));
  }

  counters(): TapCounters {
    this.whileRunning();
    return this.counts;
  }

  interfaces(): TapInterface[] {
    this.whileRunning();
    return this.links;
  }

  async sync(): Promise<void> {
    this.whileRunning();
  }

  async close(): Promise<void> {
    this.handlers = undefined;
  }

  async remove(): Promise<void> {
    this.handlers = undefined;
    this.drops = [];
    this.watch = [];
    this.removed = true;
  }

  /** As if the kernel had reported a packet. The event comes from the event loop, as with the real one. */
  async inject(event: Partial<TapEvent>): Promise<void> {
    const { onEvent } = this.whileRunning();
    await new Promise((resolve) => setImmediate(resolve));
    onEvent({ ...SAMPLE_EVENT, generation: this.generation, ...event });
  }

  /** As if a flow had lost its slot in the kernel's table. */
  async evict(flow: FlowSample): Promise<void> {
    const { onFlowEvicted } = this.whileRunning();
    await new Promise((resolve) => setImmediate(resolve));
    onFlowEvicted(flow);
  }

  /** As if an entry of the drop list had met packets. Throws where it is not listed. */
  hit(id: string, packets: number, bytes: number, lastBootNs: bigint): void {
    if (!this.drops.some((entry) => entry.id === id)) throw new Error(`no drop entry ${id}`);
    const before = this.hits.get(id);
    this.hits.set(id, { id, packets: (before?.packets ?? 0) + packets, bytes: (before?.bytes ?? 0) + bytes, lastBootNs });
  }

  private whileRunning() {
    if (this.handlers === undefined) throw new Error('the tap does not run: start it first');
    return this.handlers;
  }
}

const SAMPLE_EVENT: TapEvent = {
  bootNs: 1_000_000_000n,
  ifindex: 2,
  ifname: 'eth0',
  direction: 'ingress',
  src: '198.51.100.7',
  dst: '192.0.2.10',
  sport: 40000,
  dport: 443,
  proto: 6,
  vlan: [],
  vni: null,
  outer: null,
  rule: 1,
  generation: 0,
  matched: 'source',
  matchedOuter: false,
  length: 64,
  tcpFlags: 2,
  icmp: null,
  fragment: false,
};
