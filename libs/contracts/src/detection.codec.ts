import * as t from 'io-ts';
import { annotate } from './schema/annotation.js';
import { Address, BoxId, Count, DeviceId, Port, Prefix, Protocol, TimeUs } from './schema/primitives.js';

/** Where a packet was met on the box. `port` is the OpenFlow port by which it entered or left the bridge, where it has one. */
export const Sighting = annotate(
  t.type({
    interface: t.string,
    direction: t.keyof({ ingress: null, egress: null }),
    device: t.union([DeviceId, t.null]),
    port: t.union([t.string, t.null]),
    vni: t.union([Count, t.null]),
  }),
  { id: 'Sighting' },
);
export type Sighting = t.TypeOf<typeof Sighting>;

/** The far end and the service that it offers or uses: `port` is null where the protocol has none. */
export const Flow = annotate(
  t.type({
    remote: Address,
    local: Address,
    proto: Protocol,
    remotePort: t.union([Port, t.null]),
    localPort: t.union([Port, t.null]),
  }),
  { id: 'DetectionFlow' },
);

/**
 * What a tracer reports of one (detector, remote endpoint, local endpoint, service): the first packet of a key at once,
 * its counts when the window ends, under the same `id` with a higher `revision`.
 */
export const Detection = annotate(
  t.type({
    v: t.literal(1),
    /** Stable over the revisions of one window. */
    id: t.string,
    revision: Count,
    box: BoxId,
    detector: t.literal('indicator'),
    indicator: t.type({ id: t.string, prefix: Prefix, proto: t.union([Protocol, t.null]), port: t.union([Port, t.null]) }),
    flow: Flow,
    /** Which end of the first packet was the remote one. */
    matched: t.keyof({ source: null, destination: null }),
    seen: t.array(Sighting),
    packets: Count,
    bytes: Count,
    firstAt: TimeUs,
    lastAt: TimeUs,
    /** When the tracer handed the detection to the queue. */
    queuedAt: TimeUs,
  }),
  { id: 'Detection' },
);
export type Detection = t.TypeOf<typeof Detection>;

/** A detection as the ledger keeps it. */
export const DetectionRecord = annotate(
  t.type({ detection: Detection, receivedAt: TimeUs, decision: t.string, mitigationId: t.union([t.string, t.null]) }),
  {
    id: 'DetectionRecord',
  },
);
export const DetectionList = annotate(t.type({ items: t.array(DetectionRecord) }), { id: 'DetectionList' });
