import type { FlowSample } from '@guardpost/bpf';
import type { Endpoints, Side } from './endpoints.js';
import type { MetAt } from './met-at.js';

export interface Sum {
  packets: number;
  bytes: number;
}

/** What one interface counted of a flow, in one direction of the interface. Numbers in one object: there are many of these. */
interface Site {
  readonly ifindex: number;
  readonly direction: FlowSample['direction'];
  readonly vni: number | null;
  readonly vlan: string;
  /** In lives of the flow that have ended, and in the present one. */
  evictedPackets: number;
  evictedBytes: number;
  livePackets: number;
  liveBytes: number;
  /** The most that both were together: a sample taken while an eviction is on its way shows less. */
  packets: number;
  bytes: number;
  /** What earlier windows have reported. */
  basePackets: number;
  baseBytes: number;
  round: number;
}

/** What a flow is counted into. */
export interface Tally {
  readonly flows: Set<FlowCounts>;
  heard(atUs: number): void;
  /** The flow is gone: its count is final. */
  settle(flow: FlowCounts): void;
}

/**
 * Counts of one unidirectional flow. A packet that is met at two interfaces, once encapsulated perhaps, is one packet:
 * the flow's count is the highest of its sites', not their sum.
 */
export class FlowCounts {
  private readonly sites: Site[] = [];
  countedBy: Tally | undefined;
  /** The last round in which the flow was seen in the table, or evicted from it. */
  seenRound: number;
  /** Where its counts were first read. */
  met: MetAt | undefined;
  lastUs = 0;

  constructor(
    readonly endpoints: Endpoints,
    readonly rule: number,
    readonly matched: Side,
    round: number,
  ) {
    this.seenRound = round;
  }

  sample(s: FlowSample, round: number): void {
    this.met ??= { ifname: s.ifname, direction: s.direction, vni: s.vni };
    const site = this.site(s, round);
    // The table is split by processor: one flow may come several times in a round.
    if (site.round !== round) site.livePackets = site.liveBytes = 0;
    site.round = round;
    site.livePackets += s.packets;
    site.liveBytes += s.bytes;
    raise(site);
  }

  evict(s: FlowSample, round: number): void {
    const site = this.site(s, round);
    site.evictedPackets += s.packets;
    site.evictedBytes += s.bytes;
    site.livePackets = site.liveBytes = 0;
    raise(site);
  }

  /** What was counted since the last `settle`. */
  total(): Sum {
    const most: Sum = { packets: 0, bytes: 0 };
    for (const site of this.sites) {
      if (site.packets - site.basePackets <= most.packets) continue;
      most.packets = site.packets - site.basePackets;
      most.bytes = site.bytes - site.baseBytes;
    }
    return most;
  }

  settle(): void {
    for (const site of this.sites) [site.basePackets, site.baseBytes] = [site.packets, site.bytes];
    this.countedBy = undefined;
  }

  private site({ ifindex, direction, vni, vlan }: FlowSample, round: number): Site {
    this.seenRound = round;
    const tags = vlan.join();
    for (const site of this.sites)
      if (site.ifindex === ifindex && site.direction === direction && site.vni === vni && site.vlan === tags) return site;
    const site: Site = {
      ifindex,
      direction,
      vni,
      vlan: tags,
      evictedPackets: 0,
      evictedBytes: 0,
      livePackets: 0,
      liveBytes: 0,
      packets: 0,
      bytes: 0,
      basePackets: 0,
      baseBytes: 0,
      round: -1,
    };
    this.sites.push(site);
    return site;
  }
}

export const siteKey = (s: FlowSample): string => `${s.ifindex} ${s.direction} ${s.vni ?? '-'} ${s.vlan.join()}`;

export function add(sum: Sum, more: Sum): void {
  sum.packets += more.packets;
  sum.bytes += more.bytes;
}

function raise(site: Site): void {
  site.packets = Math.max(site.packets, site.evictedPackets + site.livePackets);
  site.bytes = Math.max(site.bytes, site.evictedBytes + site.liveBytes);
}
