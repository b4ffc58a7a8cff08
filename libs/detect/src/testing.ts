import type { FlowSample, TapEvent } from '@guardpost/bpf';
import type { WatchItem } from '@guardpost/contracts';
import type { Clock } from './clock.js';

export const START_US = 1_700_000_000_000_000;

/** Boot and wall clock start together; `advance` moves both. */
export class FakeClock implements Clock {
  private us = START_US;
  nowUs = (): number => this.us;
  nowMs = (): number => this.us / 1000;
  bootNs = (): bigint => BigInt(this.us - START_US) * 1000n;
  bootToUs = (bootNs: bigint): number => START_US + Number(bootNs / 1000n);
  usToBootNs = (us: number): bigint => BigInt(us - START_US) * 1000n;
  advance(seconds: number): void {
    this.us += Math.round(seconds * 1e6);
  }
}

export const tapEvent = (over: Partial<TapEvent> = {}): TapEvent => ({
  bootNs: 0n,
  ifindex: 3,
  ifname: 'eth2',
  direction: 'ingress',
  src: '198.51.100.7',
  dst: '10.1.0.5',
  sport: 40_000,
  dport: 80,
  proto: 6,
  vlan: [],
  vni: null,
  outer: null,
  rule: 7,
  generation: 1,
  matched: 'source',
  matchedOuter: false,
  length: 60,
  tcpFlags: 2,
  icmp: null,
  fragment: false,
  ...over,
});

export const flowSample = (over: Partial<FlowSample> = {}): FlowSample => ({
  ifindex: 3,
  ifname: 'eth2',
  direction: 'ingress',
  src: '198.51.100.7',
  dst: '10.1.0.5',
  sport: 40_000,
  dport: 80,
  proto: 6,
  icmp: null,
  vni: null,
  vlan: [],
  rule: 7,
  generation: 1,
  packets: 1,
  bytes: 60,
  firstBootNs: 0n,
  lastBootNs: 0n,
  tcpFlags: 2,
  ...over,
});

export const watchItem = (over: Partial<WatchItem> = {}): WatchItem => ({
  id: 'ind-7',
  rule: 7,
  prefix: '198.51.100.0/24',
  proto: null,
  port: null,
  validFrom: 0,
  validUntil: null,
  ...over,
});
