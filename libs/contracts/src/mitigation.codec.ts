import * as t from 'io-ts';
import { annotate, integer } from './schema/annotation.js';
import { Count, Port, Prefix, Protocol, RequestId, TimeUs } from './schema/primitives.js';

export const Action = annotate(t.keyof({ 'drop-flow': null, 'tap-drop': null, 'withdraw-intent': null }), { id: 'Action' });
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

/** Where drop rules go: where the traffic was met, at every port without a link, or at every device. */
export const Scope = annotate(t.keyof({ nearest: null, edge: null, all: null }), { id: 'Scope' });
export type Scope = t.TypeOf<typeof Scope>;

/**
 * What a placement of `withdraw-intent` is: the withdrawn intent itself; a guard, which drops what goes to its prefix whatever
 * comes back; a stand-in for a rule that the intent shared with others.
 */
export const PlacementRole = annotate(t.keyof({ intent: null, guard: null, 'stand-in': null }), { id: 'PlacementRole' });
export type PlacementRole = t.TypeOf<typeof PlacementRole>;

/** An intent of ONOS by its application and its key. */
export const IntentRef = annotate(t.type({ appId: t.string, key: t.string }), { id: 'IntentRef' });
export type IntentRef = t.TypeOf<typeof IntentRef>;

const time = t.union([TimeUs, t.null]);

/** A withdrawn intent: what it was when it was last taken out. `siblings`: keys of intents that left by the same way. */
export const WithdrawnIntent = annotate(
  t.type({ appId: t.string, key: t.string, recordedAt: time, rules: Count, siblings: t.array(t.string) }),
  { id: 'WithdrawnIntent' },
);
export type WithdrawnIntent = t.TypeOf<typeof WithdrawnIntent>;

/** What a mitigation put somewhere. `device`, `inPort`, `side`, `priority` are of a flow rule; `box` of what a box does; `intent` of a withdrawal. */
export const Placement = annotate(
  t.type({
    id: t.string,
    action: Action,
    role: t.union([PlacementRole, t.null]),
    priority: t.union([Count, t.null]),
    intent: t.union([WithdrawnIntent, t.null]),
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
  scope: Scope,
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
        { description: 'one to three different actions' },
      ),
      ttlSeconds: integer('TtlSeconds', 1, TTL_MAX_SECONDS),
      reason: t.string,
    }),
    t.partial({
      /** Of `drop-flow`. Default: `nearest` where `places` are named, else `all`. */
      scope: Scope,
      /** Of `withdraw-intent`. Where none is named: the route intent that covers the target most closely, else the intents of the target's host. */
      intents: t.array(IntentRef),
      /** Where: a box, a device, or a port of a device. All boxes where none is named. */
      places: t.array(
        annotate(t.intersection([t.type({ box: t.string }), t.partial({ device: t.string, inPort: t.string })]), { id: 'PlaceInput' }),
      ),
    }),
  ]),
  { id: 'MitigationRequest' },
);
export type MitigationRequest = t.TypeOf<typeof MitigationRequest>;

export const ScopeRequest = annotate(
  t.type({ requestId: RequestId, scope: annotate(t.keyof({ edge: null, all: null }), { id: 'WideScope' }), reason: t.string }),
  { id: 'ScopeRequest' },
);
export type ScopeRequest = t.TypeOf<typeof ScopeRequest>;

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
