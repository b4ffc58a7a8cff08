import type { FlowSample, TapEvent } from '@guardpost/bpf';
import { contains, EVIDENCE_MAX_BYTES, parsePrefix, type Evidence, type Sighting, type WatchItem } from '@guardpost/contracts';
import type { Clock } from './clock.js';
import { detectionKey, endpointsOf, tunnelEndpoints, tupleKey, type Endpoints, type Side, type Tuple } from './endpoints.js';
import { FlowCounts, siteKey } from './flow-counts.js';
import type { MetAt } from './met-at.js';
import { TokenBucket } from './token-bucket.js';
import { Window, type DetectionDraft, type Exhibit, type Meeting } from './window.js';

export interface DetectorOptions {
  readonly box: string;
  readonly boot: string;
  readonly windowSeconds: number;
  readonly maxPerSecond: number;
  readonly maxWindows: number;
  /** Packets of a detection whose first bytes are kept. @defaultValue 3 */
  readonly evidencePackets?: number;
}

/** Further keys of a remote endpoint are counted into its first window: a port scan is one thing, not 65,536. */
export const MAX_WINDOWS_PER_REMOTE = 32;
/** Flows whose counts are followed one by one; beyond them counts arrive when the flow leaves the table. */
const MAX_FLOWS = 20_000;
const EVIDENCE_PACKETS = 3;

/**
 * Turns events and counters of the tap into detections. The first packet of a key is told at once; its counts follow
 * when the window ends. Calls of `round` say what the flow table holds now: every second or so.
 */
export class Detector {
  /** Not told, by reason; `merged` was told as part of another window, `packets` were never part of one. */
  readonly suppressed = { rate: 0, windows: 0, merged: 0, unknownRule: 0, packets: 0 };
  private rules: ReadonlyMap<number, WatchItem> = new Map();
  private readonly windows = new Map<string, Window>();
  private readonly byRemote = new Map<string, Set<Window>>();
  private readonly flows = new Map<string, FlowCounts>();
  private readonly bucket: TokenBucket;
  private lastId = 0;
  private rounds = 0;

  constructor(
    private readonly options: DetectorOptions,
    private readonly clock: Clock,
    private readonly locate: (at: MetAt) => Sighting,
    private readonly emit: (draft: DetectionDraft) => void,
  ) {
    this.bucket = new TokenBucket(options.maxPerSecond);
  }

  get openWindows(): number {
    return this.windows.size;
  }

  /** By number; a rule that is no longer in force may stay, for events of it may still be on their way. */
  setRules(rules: ReadonlyMap<number, WatchItem>): void {
    this.rules = rules;
  }

  indicatorOf(rule: number): string {
    return this.rules.get(rule)?.id ?? '';
  }

  /** True for the first packet of a flow, wherever it is met first. A later one is evidence and nothing else. */
  onEvent(event: TapEvent): boolean {
    const item = this.rules.get(event.rule);
    if (item === undefined) {
      this.suppressed.unknownRule += 1;
      return false;
    }
    const { outer, matched } = event;
    const endpoints = event.matchedOuter && outer !== null ? tunnelEndpoints(outer, event.vni, matched) : endpointsOf(event, matched);
    const meeting: Meeting = { matched, sighting: this.locate(event), atUs: this.clock.bootToUs(event.bootNs) };
    const key = detectionKey(endpoints);
    const exhibit = this.exhibitOf(event, meeting);
    let window = this.windows.get(key);
    if (event.later === true) {
      window?.heard(meeting.atUs);
      if (exhibit !== undefined) window?.keep(exhibit, this.evidencePackets);
      return false;
    }
    if (window !== undefined) {
      if (exhibit !== undefined) window.keep(exhibit, this.evidencePackets);
      if (window.meet(meeting)) this.emit(window.revise());
    } else {
      const refused = this.refusal(endpoints.remote);
      if (refused === undefined) window = this.open(key, endpoints, item, meeting, event.length, exhibit);
      else {
        this.suppressed[refused] += 1;
        if (refused === 'merged') window = this.firstOf(endpoints.remote);
      }
    }
    const tuple = tupleKey(event);
    const known = this.flows.get(tuple);
    if (known !== undefined) {
      if (known.countedBy === undefined && window !== undefined) join(known, window);
      return false;
    }
    const flow = this.follow(tuple, endpoints, event.rule, matched);
    if (flow !== undefined && window !== undefined) join(flow, window);
    return true;
  }

  /** The last counts of a flow that had to leave the table. */
  onEvicted(sample: FlowSample): void {
    const flow = this.flowOf(sample);
    if (flow !== undefined) {
      flow.evict(sample, this.rounds);
      return;
    }
    const side = this.sideOf(sample);
    const window = side === undefined ? undefined : this.windowOf(endpointsOf(sample, side));
    if (window === undefined) this.suppressed.packets += sample.packets;
    else window.addUntracked(siteKey(sample), sample);
  }

  /** One reading of the flow table: `beginRound`, its samples in any number of calls, `endRound`. */
  beginRound(): void {
    this.rounds += 1;
  }

  absorb(samples: readonly FlowSample[]): void {
    for (const sample of samples) {
      const flow = this.flowOf(sample);
      if (flow === undefined) continue;
      flow.sample(sample, this.rounds);
      flow.lastUs = Math.max(flow.lastUs, this.clock.bootToUs(sample.lastBootNs));
      flow.countedBy?.heard(flow.lastUs);
    }
  }

  endRound(): void {
    for (const [tuple, flow] of this.flows) {
      // What was counted before this process began is not news: the first round only says where counting starts.
      if (flow.countedBy === undefined && this.rounds === 1) flow.settle();
      if (flow.countedBy === undefined && flow.total().packets > 0) this.reopen(flow);
      if (flow.seenRound < this.rounds - 1) this.forget(tuple, flow);
    }
    const now = this.clock.nowUs();
    for (const window of this.windows.values()) if (window.endsAt <= now) this.end(window, now);
  }

  /** A flow that went on after its window had closed, or that found no room when it began. */
  private reopen(flow: FlowCounts): void {
    const item = this.rules.get(flow.rule);
    if (item === undefined || flow.met === undefined) return;
    let window = this.windowOf(flow.endpoints);
    if (window === undefined) {
      if (this.refusal(flow.endpoints.remote) !== undefined) return; // tried again in the next round
      const { packets, bytes } = flow.total();
      const atUs = flow.lastUs;
      const meeting: Meeting = { matched: flow.matched, sighting: this.locate(flow.met), atUs };
      window = this.open(detectionKey(flow.endpoints), flow.endpoints, item, meeting, Math.round(bytes / packets));
    }
    join(flow, window);
  }

  private forget(tuple: string, flow: FlowCounts): void {
    if (flow.countedBy !== undefined) flow.countedBy.settle(flow);
    else this.suppressed.packets += flow.total().packets;
    this.flows.delete(tuple);
  }

  private end(window: Window, now: number): void {
    if (window.hasNews()) {
      window.endsAt = now + this.options.windowSeconds * 1e6;
      this.emit(window.revise());
      return;
    }
    window.close();
    this.windows.delete(window.key);
    const ofRemote = this.byRemote.get(window.endpoints.remote);
    ofRemote?.delete(window);
    if (ofRemote?.size === 0) this.byRemote.delete(window.endpoints.remote);
  }

  private refusal(remote: string): 'merged' | 'windows' | 'rate' | undefined {
    if ((this.byRemote.get(remote)?.size ?? 0) >= MAX_WINDOWS_PER_REMOTE) return 'merged';
    if (this.windows.size >= this.options.maxWindows) return 'windows';
    return this.bucket.take(this.clock.nowUs()) ? undefined : 'rate';
  }

  private open(key: string, endpoints: Endpoints, item: WatchItem, first: Meeting, length: number, exhibit?: Exhibit): Window {
    const { box, boot, windowSeconds } = this.options;
    const endsAt = this.clock.nowUs() + windowSeconds * 1e6;
    const window = new Window(box, `${box}:${boot}:${++this.lastId}`, key, endpoints, item, first, length, endsAt);
    if (exhibit !== undefined) window.keep(exhibit, this.evidencePackets);
    this.windows.set(key, window);
    const ofRemote = this.byRemote.get(endpoints.remote);
    if (ofRemote === undefined) this.byRemote.set(endpoints.remote, new Set([window]));
    else ofRemote.add(window);
    this.emit(window.revise());
    return window;
  }

  private get evidencePackets(): number {
    return this.options.evidencePackets ?? EVIDENCE_PACKETS;
  }

  private exhibitOf(event: TapEvent, { sighting, atUs }: Meeting): Exhibit | undefined {
    const { frame, length } = event;
    if (frame === undefined || frame === null) return undefined;
    const bytes = Buffer.from(frame.buffer, frame.byteOffset, Math.min(frame.length, EVIDENCE_MAX_BYTES)).toString('base64');
    const evidence: Evidence = { at: atUs, interface: sighting.interface, direction: sighting.direction, length, bytes };
    return { tuple: tupleKey(event), evidence };
  }

  private firstOf(remote: string): Window | undefined {
    return this.byRemote.get(remote)?.values().next().value;
  }

  private windowOf(endpoints: Endpoints): Window | undefined {
    const window = this.windows.get(detectionKey(endpoints));
    if (window !== undefined) return window;
    const ofRemote = this.byRemote.get(endpoints.remote);
    return (ofRemote?.size ?? 0) >= MAX_WINDOWS_PER_REMOTE ? this.firstOf(endpoints.remote) : undefined;
  }

  private flowOf(sample: FlowSample): FlowCounts | undefined {
    const tuple = tupleKey(sample);
    const known = this.flows.get(tuple);
    if (known !== undefined) return known;
    const side = this.sideOf(sample);
    return side === undefined ? undefined : this.follow(tuple, endpointsOf(sample, side), sample.rule, side);
  }

  private follow(tuple: string, endpoints: Endpoints, rule: number, matched: Side): FlowCounts | undefined {
    if (this.flows.size >= MAX_FLOWS) return undefined;
    const flow = new FlowCounts(endpoints, rule, matched, this.rounds);
    this.flows.set(tuple, flow);
    return flow;
  }

  /** The kernel looks the source up first, and so is it here. */
  private sideOf(sample: Tuple & { readonly rule: number }): Side | undefined {
    const item = this.rules.get(sample.rule);
    const prefix = item === undefined ? undefined : parsePrefix(item.prefix);
    if (prefix === undefined) return undefined;
    const within = (address: string): boolean => {
      const host = parsePrefix(address);
      return host !== undefined && contains(prefix, host);
    };
    return within(sample.src) ? 'source' : within(sample.dst) ? 'destination' : undefined;
  }
}

function join(flow: FlowCounts, window: Window): void {
  flow.countedBy = window;
  window.flows.add(flow);
}
