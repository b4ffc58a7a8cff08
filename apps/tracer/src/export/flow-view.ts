/** Words of an address in wire order; IPv4 lies in word 0. */
export type AddressWords = Int32Array;

/**
 * One flow as it is handed from part to part: one object serves all flows, so it is true until the next is read. Counts are what the giver
 * says: of a slot's whole life from the tap, since the last record towards an exporter.
 */
export interface FlowView {
  family: 4 | 6;
  readonly src: AddressWords;
  readonly dst: AddressWords;
  sport: number;
  dport: number;
  /** type << 8 | code; -1 = none. */
  icmp: number;
  proto: number;
  ifindex: number;
  egress: boolean;
  /** -1 = none. */
  vni: number;
  /** Ids of the first two tags, outermost first; -1 = none. */
  vlan: number;
  innerVlan: number;
  tcpFlags: number;
  packets: number;
  bytes: number;
  /** Milliseconds since 1970. */
  firstMs: number;
  lastMs: number;
}

export const newFlowView = (): FlowView => ({
  family: 4,
  src: new Int32Array(4),
  dst: new Int32Array(4),
  sport: 0,
  dport: 0,
  icmp: -1,
  proto: 0,
  ifindex: 0,
  egress: false,
  vni: -1,
  vlan: -1,
  innerVlan: -1,
  tcpFlags: 0,
  packets: 0,
  bytes: 0,
  firstMs: 0,
  lastMs: 0,
});
