import * as t from 'io-ts';
import { annotate } from './schema/annotation.js';
import { Count, DeviceId, TimeUs } from './schema/primitives.js';

/** A rule of ours came into or went from the flow table of the box's own bridge, as its flow monitor said. */
export const FlowSeen = annotate(
  t.type({
    kind: t.literal('flow'),
    device: DeviceId,
    /** ONOS' flow id: the OpenFlow cookie, decimal. */
    flowId: t.string,
    event: t.keyof({ added: null, deleted: null }),
    at: TimeUs,
  }),
  { id: 'FlowSeen' },
);

/** The first packet that a rule dropped, seen by polling the counters of a rule that was just confirmed. */
export const FlowHit = annotate(t.type({ kind: t.literal('hit'), device: DeviceId, flowId: t.string, packets: Count, at: TimeUs }), {
  id: 'FlowHit',
});

/** Every flow of ours that is in the bridge now: what a bridge that was away missed. */
export const FlowTable = annotate(t.type({ kind: t.literal('flows'), device: DeviceId, flowIds: t.array(t.string), at: TimeUs }), {
  id: 'FlowTable',
});

/** What the box's drop list holds and has stopped. `version` is of the list in the kernel. */
export const DropState = annotate(
  t.type({
    kind: t.literal('drops'),
    version: Count,
    at: TimeUs,
    entries: t.array(t.type({ id: t.string, packets: Count, bytes: Count, lastAt: t.union([TimeUs, t.null]) })),
    unavailable: t.array(t.string),
  }),
  { id: 'DropState' },
);

/** A message that the tracer refused: it is in the dead-letter list that the API shows. */
export const Refusal = annotate(t.type({ kind: t.literal('refused'), channel: t.string, reason: t.string, sample: t.string, at: TimeUs }), {
  id: 'Refusal',
});

/** Once a second: the tracer is alive, what it sees and what it lost. */
export const Heartbeat = annotate(
  t.type({
    kind: t.literal('heartbeat'),
    at: TimeUs,
    watchVersion: Count,
    dropVersion: Count,
    interfaces: t.array(t.type({ name: t.string, tap: t.string, xdp: t.string, problem: t.union([t.string, t.null]) })),
    counters: t.record(t.string, Count),
    unacknowledged: Count,
    problems: t.array(t.string),
  }),
  { id: 'Heartbeat' },
);
export type Heartbeat = t.TypeOf<typeof Heartbeat>;

/** From a box to the bridges, on the stream `{guardpost}:reports`. */
export const Report = annotate(t.union([FlowSeen, FlowHit, FlowTable, DropState, Refusal, Heartbeat]), { id: 'Report' });
export type Report = t.TypeOf<typeof Report>;
