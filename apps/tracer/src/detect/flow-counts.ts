import type { FlowSample } from '@guardpost/bpf';
import type { Endpoints } from './endpoints.js';

export interface Sum {
  packets: number;
  bytes: number;
}

/** What one interface counted of a flow, in one direction of the interface. */
interface Site {
  evicted: Sum;
  live: Sum;
  /** The most that evicted and live were together: a sample taken while an eviction is on its way shows less. */
  value: Sum;
  /** What earlier windows have reported. */
  base: Sum;
  round: number;
}

/** What a flow is counted into. */
export interface Tally {
  readonly flows: Set<FlowCounts>;
  heard(atUs: number): void;
  /** The flow is gone: its count is final. */
  settle(flow: FlowCounts): void;
}

const zero = (): Sum => ({ packets: 0, bytes: 0 });

/**
 * Counts of one unidirectional flow. A packet that is met at two interfaces, once encapsulated perhaps, is one packet:
 * the flow's count is the highest of its sites', not their sum.
 */
export class FlowCounts {
  readonly sites = new Map<string, Site>();
  countedBy: Tally | undefined;
  /** The last round in which the flow was seen in the table, or evicted from it. */
  seenRound: number;
  first: FlowSample | undefined;
  lastUs = 0;

  constructor(
    readonly endpoints: Endpoints,
    readonly rule: number,
    readonly matched: 'source' | 'destination',
    round: number,
  ) {
    this.seenRound = round;
  }

  sample(s: FlowSample, round: number): void {
    const site = this.site(s, round);
    // The table is split by processor: one flow may come several times in a round.
    if (site.round !== round) site.live = zero();
    site.round = round;
    add(site.live, s);
    raise(site);
  }

  evict(s: FlowSample, round: number): void {
    const site = this.site(s, round);
    add(site.evicted, s);
    site.live = zero();
    raise(site);
  }

  /** What was counted since the last `settle`. */
  total(): Sum {
    let best = zero();
    for (const { value, base } of this.sites.values())
      if (value.packets - base.packets > best.packets) best = { packets: value.packets - base.packets, bytes: value.bytes - base.bytes };
    return best;
  }

  settle(): void {
    for (const site of this.sites.values()) site.base = { ...site.value };
    this.countedBy = undefined;
  }

  private site(s: FlowSample, round: number): Site {
    this.seenRound = round;
    const key = siteKey(s);
    let site = this.sites.get(key);
    if (site === undefined) this.sites.set(key, (site = { evicted: zero(), live: zero(), value: zero(), base: zero(), round: -1 }));
    return site;
  }
}

export const siteKey = (s: FlowSample): string => `${s.ifindex} ${s.direction} ${s.vni ?? '-'} ${s.vlan.join('.')}`;

export function add(sum: Sum, more: Sum): void {
  sum.packets += more.packets;
  sum.bytes += more.bytes;
}

function raise(site: Site): void {
  site.value.packets = Math.max(site.value.packets, site.evicted.packets + site.live.packets);
  site.value.bytes = Math.max(site.value.bytes, site.evicted.bytes + site.live.bytes);
}
