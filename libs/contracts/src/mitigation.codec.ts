import * as t from 'io-ts';
import { annotate, integer } from './schema/annotation.js';
import { Count, Port, Prefix, Protocol, RequestId, TimeUs } from './schema/primitives.js';

export const Action = annotate(t.keyof({ 'drop-flow': null, 'tap-drop': null }), { id: 'Action' });
export type Action = t.TypeOf<typeof Action>;

/** The traffic that does not pass: to and from `prefix`, or only the service `proto`/`port` there. */
export const Target = annotate(t.type({ prefix: Prefix, proto: t.union([Protocol, t.null]), port: t.union([Port, t.null]) }), {
  id: 'Target',
});
export type Target = t.TypeOf<typeof Target>;

export const MitigationState = annotate(
  t.keyof({ requested: null, active: null, out_of_sync: null, lifting: null, lifted: null, failed: null }),
  { id: 'MitigationState' },
);
export type MitigationState = t.TypeOf<typeof MitigationState>;

export const PlacementState = annotate(
  t.keyof({ requested: null, accepted: null, confirmed: null, failed: null, lifting: null, lifted: null }),
  { id: 'PlacementState' },
);
export type PlacementState = t.TypeOf<typeof PlacementState>;

const time = t.union([TimeUs, t.null]);

/** What a mitigation put somewhere. `device`, `inPort` and `side` are of a flow rule; `box` of both. */
export const Placement = annotate(
  t.type({
    id: t.string,
    action: Action,
    box: t.union([t.string, t.null]),
    device: t.union([t.string, t.null]),
    inPort: t.union([t.string, t.null]),
    side: t.union([t.keyof({ from: null, to: null }), t.null]),
    state: PlacementState,
    flowId: t.union([t.string, t.null]),
    attempts: Count,
    problem: t.union([t.string, t.null]),
    requestedAt: TimeUs,
    acceptedAt: time,
    confirmedAt: time,
    firstHitAt: time,
    packets: Count,
    bytes: Count,
    drifts: Count,
  }),
  { id: 'Placement' },
);
export type Placement = t.TypeOf<typeof Placement>;

/** One point of the path from packet to switch; `sinceFirstMs` is null where the point before it is unknown. */
export const TracePoint = annotate(t.type({ at: time, sinceFirstMs: t.union([t.number, t.null]) }), { id: 'TracePoint' });
/** Clocks: the first four packet and queue times are the box's, `decided` and `accepted` the bridge's, the rest the box's. */
export const LatencyTrace = annotate(
  t.type({
    firstPacket: TracePoint,
    queued: TracePoint,
    received: TracePoint,
    decided: TracePoint,
    accepted: TracePoint,
    confirmed: TracePoint,
    firstHit: TracePoint,
  }),
  { id: 'LatencyTrace' },
);
export type LatencyTrace = t.TypeOf<typeof LatencyTrace>;

export const Transition = annotate(
  t.type({
    at: TimeUs,
    from: t.union([MitigationState, t.null]),
    to: MitigationState,
    who: t.string,
    why: t.string,
  }),
  { id: 'Transition' },
);
export type Transition = t.TypeOf<typeof Transition>;

const mitigation = {
  id: t.string,
  target: Target,
  actions: t.array(Action),
  state: MitigationState,
  reason: t.string,
  by: t.string,
  /** How often this target was blocked before: decides how long it is blocked now. */
  offence: Count,
  createdAt: TimeUs,
  expiresAt: TimeUs,
  liftedAt: time,
  /** Until then detections of this target do not renew the mitigation. */
  mutedUntil: time,
};

export const Mitigation = annotate(t.type(mitigation), { id: 'Mitigation' });
export type Mitigation = t.TypeOf<typeof Mitigation>;
export const MitigationDetail = annotate(
  t.type({
    ...mitigation,
    placements: t.array(Placement),
    trace: LatencyTrace,
    transitions: t.array(Transition),
  }),
  { id: 'MitigationDetail' },
);
export type MitigationDetail = t.TypeOf<typeof MitigationDetail>;
export const MitigationList = annotate(t.type({ items: t.array(Mitigation) }), { id: 'MitigationList' });
export type MitigationList = t.TypeOf<typeof MitigationList>;

/** Longest life of a mitigation that a person may ask for: 7 days. */
export const TTL_MAX_SECONDS = 604_800;

export const MitigationRequest = annotate(
  t.intersection([
    t.type({
      requestId: RequestId,
      target: annotate(t.intersection([t.type({ prefix: Prefix }), t.partial({ proto: Protocol, port: Port })]), {
        id: 'TargetInput',
      }),
      actions: annotate(
        t.refinement(t.array(Action), (a) => a.length > 0 && new Set(a).size === a.length, 'Actions'),
        { description: 'one or two different actions' },
      ),
      ttlSeconds: integer('TtlSeconds', 1, TTL_MAX_SECONDS),
      reason: t.string,
    }),
    t.partial({
      /** Where: a box, a device, or a port of a device. All boxes where none is named. */
      places: t.array(
        annotate(t.intersection([t.type({ box: t.string }), t.partial({ device: t.string, inPort: t.string })]), { id: 'PlaceInput' }),
      ),
    }),
  ]),
  { id: 'MitigationRequest' },
);
export type MitigationRequest = t.TypeOf<typeof MitigationRequest>;

export const LiftRequest = annotate(
  t.intersection([
    t.type({ requestId: RequestId, reason: t.string }),
    t.partial({
      /** For so long new detections of the target leave it alone. Default 600. */
      muteSeconds: integer('MuteSeconds', 0, TTL_MAX_SECONDS),
    }),
  ]),
  { id: 'LiftRequest' },
);
export type LiftRequest = t.TypeOf<typeof LiftRequest>;
