import * as t from 'io-ts';
import { annotate, integer, matching } from './schema/annotation.js';
import { Count, Port, Prefix, Protocol, TimeUs } from './schema/primitives.js';

export const CaptureId = matching('CaptureId', /^[0-9a-z]{1,16}-[0-9a-f]{8}$/);

/** What to capture on a box: all that is said must hold of a packet's innermost or outermost header. A box has its own limits besides. */
export const CaptureRequest = annotate(
  t.partial({
    /** An address or a prefix of either end. */
    address: Prefix,
    /** Of either end. */
    port: Port,
    proto: Protocol,
    /** Names. Default: every interface that is watched. */
    interfaces: annotate(
      t.refinement(t.array(t.string), (names) => names.length <= 32, 'InterfaceNames'),
      { description: 'at most 32' },
    ),
    packets: integer('CapturePackets', 1),
    bytes: integer('CaptureBytes', 4_096),
    seconds: integer('CaptureSeconds', 1),
    /** Bytes kept of each packet. */
    snapLength: integer('SnapLength', 14, 65_535),
    /** The detection that it is about: stands in the file. */
    detection: matching('DetectionRef', /^[\x20-\x7e]{1,128}$/),
  }),
  { id: 'CaptureRequest' },
);
export type CaptureRequest = t.TypeOf<typeof CaptureRequest>;

export const Capture = annotate(
  t.type({
    id: CaptureId,
    state: t.keyof({ running: null, done: null, failed: null }),
    /** Which limit ended it, that somebody did, or why it failed. Null while it runs. */
    endedBy: t.union([t.string, t.null]),
    request: CaptureRequest,
    interfaces: t.array(t.string),
    startedAt: TimeUs,
    endedAt: t.union([TimeUs, t.null]),
    packets: Count,
    /** Of the file. */
    bytes: Count,
    /** Packets that the kernel or the disk had no room for. */
    lost: Count,
  }),
  { id: 'Capture' },
);
export type Capture = t.TypeOf<typeof Capture>;
export const CaptureList = annotate(t.type({ items: t.array(Capture) }), { id: 'CaptureList' });
