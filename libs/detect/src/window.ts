import type { Detection, Evidence, Sighting, WatchItem } from '@guardpost/contracts';
import { add, type FlowCounts, type Sum, type Tally } from './flow-counts.js';
import type { Endpoints, Side } from './endpoints.js';

/** A detection but for the time at which it is handed over. */
export type DetectionDraft = Omit<Detection, 'queuedAt'>;

/** The beginning of a packet, and of which flow it is. */
export interface Exhibit {
  readonly tuple: string;
  readonly evidence: Evidence;
}

export interface Meeting {
  readonly matched: Side;
  readonly sighting: Sighting;
  readonly atUs: number;
}

const MAX_SIGHTINGS = 16;

/** One key from its first packet until a window passes without a packet. */
export class Window implements Tally {
  readonly flows = new Set<FlowCounts>();
  /** Of flows that are gone from the table. */
  private readonly settled: Sum = { packets: 0, bytes: 0 };
  /** Of flows that there was no room to follow: by site, for the same packet is counted at several. */
  private readonly untracked = new Map<string, Sum>();
  private readonly seen = new Map<string, Sighting>();
  /** Whether it was told by which port the packets enter the bridge. */
  private entered = false;
  private readonly exhibits: Exhibit[] = [];
  private readonly firstAt: number;
  private lastAt: number;
  private revision = -1;
  private reported: Sum;

  constructor(
    private readonly box: string,
    private readonly id: string,
    readonly key: string,
    readonly endpoints: Endpoints,
    private readonly item: WatchItem,
    private readonly first: Meeting,
    length: number,
    public endsAt: number,
  ) {
    this.firstAt = this.lastAt = first.atUs;
    this.reported = { packets: 1, bytes: length };
    this.meet(first);
  }

  /**
   * Notes where a packet was met. True when it is news that should not wait for the end of the window: the first known
   * port by which the packets enter the bridge. Answers are not noted: a sighting does not say of which direction it is,
   * and a rule for the port by which answers enter would miss the packets.
   */
  meet({ matched, sighting, atUs }: Meeting): boolean {
    this.lastAt = Math.max(this.lastAt, atUs);
    if (matched !== this.first.matched) return false;
    const key = `${sighting.interface} ${sighting.direction} ${sighting.port ?? '-'} ${sighting.vni ?? '-'}`;
    const entersNow = !this.entered && sighting.direction === 'ingress' && sighting.port !== null;
    // The port of entry may go beyond the limit: the bridge places its rules by it.
    if (entersNow || this.seen.size < MAX_SIGHTINGS) this.seen.set(key, sighting);
    this.entered ||= entersNow;
    return entersNow;
  }

  /** Keeps the first `most`. A packet that is met at several interfaces is kept as the first of them that met its flow saw it. */
  keep(exhibit: Exhibit, most: number): void {
    if (this.exhibits.length >= most) return;
    const { interface: name, direction } = exhibit.evidence;
    const isElsewhere = ({ tuple, evidence }: Exhibit): boolean =>
      tuple === exhibit.tuple && (evidence.interface !== name || evidence.direction !== direction);
    if (!this.exhibits.some(isElsewhere)) this.exhibits.push(exhibit);
  }

  heard(atUs: number): void {
    this.lastAt = Math.max(this.lastAt, atUs);
  }

  settle(flow: FlowCounts): void {
    add(this.settled, flow.total());
    this.flows.delete(flow);
  }

  addUntracked(site: string, sum: Sum): void {
    const known = this.untracked.get(site);
    if (known === undefined) this.untracked.set(site, { packets: sum.packets, bytes: sum.bytes });
    else add(known, sum);
  }

  /** Whether more was counted than has been reported. */
  hasNews(): boolean {
    return this.counted().packets > this.reported.packets;
  }

  /** The next revision. Counts never go down. */
  revise(): DetectionDraft {
    const counted = this.counted();
    this.reported = {
      packets: Math.max(this.reported.packets, counted.packets),
      bytes: Math.max(this.reported.bytes, counted.bytes),
    };
    const { remote, local, proto, remotePort, localPort } = this.endpoints;
    const { id, prefix, proto: itemProto, port } = this.item;
    return {
      v: 1,
      id: this.id,
      revision: ++this.revision,
      box: this.box,
      detector: 'indicator',
      indicator: { id, prefix, proto: itemProto, port },
      flow: { remote, local, proto, remotePort, localPort },
      matched: this.first.matched,
      seen: [...this.seen.values()],
      packets: this.reported.packets,
      bytes: this.reported.bytes,
      firstAt: this.firstAt,
      lastAt: this.lastAt,
      ...(this.exhibits.length === 0 ? {} : { evidence: this.exhibits.map(({ evidence }) => evidence) }),
    };
  }

  close(): void {
    for (const flow of this.flows) flow.settle();
    this.flows.clear();
  }

  private counted(): Sum {
    const sum = { ...this.settled };
    for (const flow of this.flows) add(sum, flow.total());
    let most: Sum = { packets: 0, bytes: 0 };
    for (const site of this.untracked.values()) if (site.packets > most.packets) most = site;
    add(sum, most);
    return sum;
  }
}
