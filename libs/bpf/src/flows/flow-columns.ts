/**
 * Flows column by column, without an object a flow: row i of every column is one sample, as `FlowSample` describes it, whole counts of its
 * life among them. The same arrays serve every reading: what is to be kept is copied out before the next one.
 */
export interface FlowColumns {
  readonly count: number;
  /** 4 or 6. */
  readonly family: Uint8Array;
  /** Four words a row in wire order, the first byte highest; IPv4 lies in the first, the others are 0. */
  readonly src: Int32Array;
  readonly dst: Int32Array;
  readonly sport: Uint16Array;
  readonly dport: Uint16Array;
  /** type << 8 | code; -1 = none. */
  readonly icmp: Int32Array;
  readonly proto: Uint8Array;
  /** 1 = egress. */
  readonly egress: Uint8Array;
  readonly ifindex: Uint32Array;
  /** -1 = none. */
  readonly vni: Int32Array;
  /** Ids of the first two tags, outermost first; -1 = none. */
  readonly vlan: Int16Array;
  readonly innerVlan: Int16Array;
  readonly tcpFlags: Uint8Array;
  /** 0 = not on the watch list. */
  readonly rule: Uint32Array;
  readonly generation: Uint32Array;
  readonly packets: Float64Array;
  readonly bytes: Float64Array;
  /** Boot clock in ns, good to a tick. A double is exact to 104 days, and to 2 ns after that. */
  readonly firstBootNs: Float64Array;
  readonly lastBootNs: Float64Array;
}

/** Columns with room for `rows`. */
export const newColumns = (rows: number) => ({
  count: 0,
  family: new Uint8Array(rows),
  src: new Int32Array(4 * rows),
  dst: new Int32Array(4 * rows),
  sport: new Uint16Array(rows),
  dport: new Uint16Array(rows),
  icmp: new Int32Array(rows),
  proto: new Uint8Array(rows),
  egress: new Uint8Array(rows),
  ifindex: new Uint32Array(rows),
  vni: new Int32Array(rows),
  vlan: new Int16Array(rows),
  innerVlan: new Int16Array(rows),
  tcpFlags: new Uint8Array(rows),
  rule: new Uint32Array(rows),
  generation: new Uint32Array(rows),
  packets: new Float64Array(rows),
  bytes: new Float64Array(rows),
  firstBootNs: new Float64Array(rows),
  lastBootNs: new Float64Array(rows),
});
export type WritableColumns = ReturnType<typeof newColumns>;

/** Of the columns. */
export const NAMES = [
  'family', 'src', 'dst', 'sport', 'dport', 'icmp', 'proto', 'egress', 'ifindex', 'vni', 'vlan', 'innerVlan', 'tcpFlags', 'rule', 'generation',
  'packets', 'bytes', 'firstBootNs', 'lastBootNs',
] as const satisfies readonly Exclude<keyof WritableColumns, 'count'>[]; // prettier-ignore

/** The same rows with twice the room. */
export function larger(columns: WritableColumns): WritableColumns {
  const grown = newColumns(2 * columns.family.length);
  for (const name of NAMES) grown[name].set(columns[name]);
  grown.count = columns.count;
  return grown;
}
