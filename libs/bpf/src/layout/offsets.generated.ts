// Generated from BTF by `npm run gen-offsets -w @guardpost/bpf`: do not edit. Byte offsets of the structs of c/guard.h.

export const TUPLE = { size: 40, src: 0, dst: 16, sport: 32, dport: 34, proto: 36, family: 37, tcpFlags: 38, fragment: 39 } as const;
export const KEY4 = { size: 24, src: 0, dst: 4, sport: 8, dport: 10, proto: 12, direction: 13, vlan: 14, ifindex: 16, vni: 20 } as const;
export const KEY6 = { size: 48, src: 0, dst: 16, sport: 32, dport: 34, proto: 36, direction: 37, vlan: 38, ifindex: 40, vni: 44 } as const;
export const FLOW = { size: 40, generation: 0, rule: 4, packets: 8, bytes: 16, first: 24, last: 28, sequence: 32, tcpFlags: 36, pad: 37, innerVlan: 38 } as const;
export const FLOW4 = { size: 64, flow: 0, key: 40 } as const;
export const FLOW6 = { size: 128, flow: 0, key: 40, pad: 88 } as const;
export const EVENT = { size: 120, bootNs: 0, inner: 8, outer: 48, ifindex: 88, vni: 92, rule: 96, generation: 100, length: 104, vlan: 108, direction: 112, later: 113, snapshot: 114, tagType: 116, tag: 118 } as const;
export const TAP_STATS = { size: 104, otherPackets: 0, otherBytes: 8, truncated: 16, malformed: 24, tooDeep: 32, fragments: 40, tunnelled: 48, evicted: 56, evictLost: 64, evictLostPackets: 72, evictLostBytes: 80, eventLost: 88, chainLong: 96 } as const;
export const DROP_SLOT = { size: 24, expiresBootNs: 0, id: 8 } as const;
export const DROP_COUNT = { size: 24, packets: 0, bytes: 8, lastBootNs: 16 } as const;
export const DROP_STATS = { size: 88, droppedPackets: 0, droppedBytes: 8, sparedSafe: 16, sparedNd: 24, expired: 32, truncated: 40, malformed: 48, tooDeep: 56, chainLong: 64, clockTick: 72, clockBootNs: 80 } as const;
