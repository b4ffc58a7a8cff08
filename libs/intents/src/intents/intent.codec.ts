import * as t from 'io-ts';
import { byType } from '../codec/by-type.js';
import { integer } from '../codec/integer.js';
import { Selector } from '../flows/selector.codec.js';
import { Treatment } from '../flows/treatment.codec.js';
import { ConnectPoint } from '../links/link.codec.js';

/** States of an intent (IntentState). INSTALLED = rules sent, not rules in the switch. */
export const IntentState = t.keyof(
  {
    INSTALL_REQ: null,
    COMPILING: null,
    INSTALLING: null,
    INSTALLED: null,
    RECOMPILING: null,
    REALLOCATING: null,
    WITHDRAW_REQ: null,
    WITHDRAWING: null,
    WITHDRAWN: null,
    FAILED: null,
    CORRUPT: null,
    PURGE_REQ: null,
  },
  'IntentState',
);
export type IntentState = t.TypeOf<typeof IntentState>;

const base = t.intersection([
  t.type({
    /** Hexadecimal, `0x56`; a new one whenever the intent is submitted again. */
    id: t.string,
    /** Chosen by who submitted it, or the id. SDN-IP's route intents: the prefix, `203.0.113.0/24`. */
    key: t.string,
    appId: t.string,
    /** Links (with `src` and `dst`) or texts. */
    resources: t.UnknownArray,
  }),
  t.partial({ state: IntentState, resourceGroup: t.string }),
]);

export const IntentPriority = integer('IntentPriority', 1, 65_535);

/** `{"type": "PartialFailureConstraint"}`; ONOS lists constraints that it refuses when they are sent. */
export const Constraint = t.intersection([t.type({ type: t.string }), t.UnknownRecord], 'Constraint');
export type Constraint = t.TypeOf<typeof Constraint>;

const connectivity = t.intersection([
  base,
  t.type({ selector: Selector, treatment: Treatment, priority: IntentPriority }),
  t.partial({ constraints: t.array(Constraint) }),
]);

const ofType = <T extends string>(type: T) => t.type({ type: t.literal(type) });

export const PointToPointIntent = t.intersection(
  [connectivity, ofType('PointToPointIntent'), t.type({ ingressPoint: ConnectPoint, egressPoint: ConnectPoint })],
  'PointToPointIntent',
);
export type PointToPointIntent = t.TypeOf<typeof PointToPointIntent>;

/**
 * **Its selector may be a lie**: SDN-IP's matches sit in the filtered connect points of the ingresses, which ONOS' codec neither
 * writes nor reads. What it really matches is in `relatedFlows`. Sent back as it came it would catch all traffic of its ingresses.
 */
export const MultiPointToSinglePointIntent = t.intersection(
  [connectivity, ofType('MultiPointToSinglePointIntent'), t.type({ ingressPoint: t.array(ConnectPoint), egressPoint: ConnectPoint })],
  'MultiPointToSinglePointIntent',
);
export type MultiPointToSinglePointIntent = t.TypeOf<typeof MultiPointToSinglePointIntent>;

export const SinglePointToMultiPointIntent = t.intersection(
  [connectivity, ofType('SinglePointToMultiPointIntent'), t.type({ ingressPoint: ConnectPoint, egressPoint: t.array(ConnectPoint) })],
  'SinglePointToMultiPointIntent',
);
export type SinglePointToMultiPointIntent = t.TypeOf<typeof SinglePointToMultiPointIntent>;

/** `one` and `two`: host ids, `02:00:00:00:00:03/None`. */
export const HostToHostIntent = t.intersection(
  [connectivity, ofType('HostToHostIntent'), t.type({ one: t.string, two: t.string })],
  'HostToHostIntent',
);
export type HostToHostIntent = t.TypeOf<typeof HostToHostIntent>;

/** An intent of another type, e.g. `LinkCollectionIntent` or the installable `FlowRuleIntent`: whatever came beside these fields is kept. */
export const OtherIntent = t.intersection([t.type({ type: t.string }), base], 'OtherIntent');
export type OtherIntent = t.TypeOf<typeof OtherIntent>;

const known = { PointToPointIntent, MultiPointToSinglePointIntent, SinglePointToMultiPointIntent, HostToHostIntent };

export type KnownIntent = t.TypeOf<(typeof known)[keyof typeof known]>;

/** An intent with detail (IntentCodec, ConnectivityIntentCodec and one of each type). */
export const Intent = byType('Intent', known, OtherIntent);
export type Intent = t.TypeOf<typeof Intent>;

/** After this, `intent.type` tells the fields. */
export function isKnownIntent(intent: Intent): intent is KnownIntent {
  return Object.hasOwn(known, intent.type);
}
