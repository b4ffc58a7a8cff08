import * as t from 'io-ts';
import { annotate, integer } from './schema/annotation.js';
import { Address, BoxId, Count, Port, Protocol, TimeUs } from './schema/primitives.js';

export const FLOW_SUMMARY_MAX_FLOWS = 1_000;
export const FLOW_SUMMARY_MAX_TOTALS = 1_024;
/** Summaries that Redis keeps of a box: an hour at the usual interval. */
export const FLOW_SUMMARY_STREAM_LENGTH = 360;

const sameLength = (columns: Record<string, readonly unknown[]>, most: number): boolean => {
  const lengths = new Set(Object.values(columns).map((column) => column.length));
  return lengths.size === 1 && [...lengths][0]! <= most;
};

const Index = integer('InterfaceIndex', 0, 65_535);
/** 0 = ingress, 1 = egress. */
const Side = integer('FlowSide', 0, 1);
const OrNone = (codec: t.Type<number>) => t.union([codec, t.null]);

/** Rows as columns: the n-th of each belongs to the n-th flow. `interface` is a place in `interfaces`. */
const FlowColumns = annotate(
  t.refinement(
    t.type({
      src: t.array(Address),
      dst: t.array(Address),
      sport: t.array(Port),
      dport: t.array(Port),
      proto: t.array(Protocol),
      /** type * 256 + code. */
      icmp: t.array(OrNone(Port)),
      interface: t.array(Index),
      side: t.array(Side),
      vlan: t.array(OrNone(integer('VlanId', 0, 4_095))),
      vni: t.array(OrNone(integer('Vni', 0, 16_777_215))),
      packets: t.array(Count),
      bytes: t.array(Count),
      tcpFlags: t.array(integer('TcpFlags', 0, 255)),
    }),
    (columns) => sameLength(columns, FLOW_SUMMARY_MAX_FLOWS),
    'FlowColumns',
  ),
  { description: `columns of one length, at most ${FLOW_SUMMARY_MAX_FLOWS}` },
);

/** By interface, side and protocol: every packet of the interval that had an IP header, those of `flows` among them. */
const TotalColumns = annotate(
  t.refinement(
    t.type({
      interface: t.array(Index),
      side: t.array(Side),
      proto: t.array(Protocol),
      flows: t.array(Count),
      packets: t.array(Count),
      bytes: t.array(Count),
    }),
    (columns) => sameLength(columns, FLOW_SUMMARY_MAX_TOTALS),
    'TotalColumns',
  ),
  { description: `columns of one length, at most ${FLOW_SUMMARY_MAX_TOTALS}` },
);

const Sum = { packets: Count, bytes: Count };

/** What a box saw in an interval: its largest flows by bytes, and the totals. One stream a box, `{guardpost}:flows:BOX`. */
export const FlowSummary = annotate(
  t.type({
    v: t.literal(1),
    kind: t.literal('flow-summary'),
    box: BoxId,
    from: TimeUs,
    to: TimeUs,
    interfaces: t.array(t.string),
    flows: FlowColumns,
    totals: TotalColumns,
    /** Flows that are in no row, with their counts; and rows of totals that there was no room for. */
    cut: t.type({ flows: Count, ...Sum, totals: Count }),
    /** Frames without an IP header that can be read, and what the box counted without being able to say of which flow. */
    other: t.type(Sum),
  }),
  { id: 'FlowSummary' },
);
export type FlowSummary = t.TypeOf<typeof FlowSummary>;
