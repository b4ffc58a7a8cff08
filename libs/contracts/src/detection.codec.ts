import * as t from 'io-ts';
import { annotate, integer } from './schema/annotation.js';
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

export const EVIDENCE_MAX_PACKETS = 16;
/** With a tag that was put back. */
export const EVIDENCE_MAX_BYTES = 260;

/** The beginning of a packet as it was met: `length` is the frame's own, `bytes` what was kept of it, in base64. */
export const Evidence = annotate(
  t.type({
    at: TimeUs,
    interface: t.string,
    direction: t.keyof({ ingress: null, egress: null }),
    length: integer('FrameLength', 0, 0xff_ffff),
    bytes: annotate(
      t.refinement(t.string, (s) => s.length <= Math.ceil(EVIDENCE_MAX_BYTES / 3) * 4 && /^[A-Za-z0-9+/]*={0,2}$/.test(s), 'EvidenceBytes'),
      { description: `base64 of at most ${EVIDENCE_MAX_BYTES} bytes` },
    ),
  }),
  { id: 'Evidence' },
);
export type Evidence = t.TypeOf<typeof Evidence>;

/**
 * What a tracer reports of one (detector, remote endpoint, local endpoint, service): the first packet of a key at once,
 * its counts when the window ends, under the same `id` with a higher `revision`.
 */
export const Detection = annotate(
  t.intersection([
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
    t.partial({
      /** The first packets, where the tap takes their bytes; the same in every revision, as far as they had come. */
      evidence: annotate(
        t.refinement(t.array(Evidence), (list) => list.length <= EVIDENCE_MAX_PACKETS, 'EvidenceList'),
        {
          description: `at most ${EVIDENCE_MAX_PACKETS}`,
        },
      ),
    }),
  ]),
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
