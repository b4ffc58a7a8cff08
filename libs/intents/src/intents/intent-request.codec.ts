import * as t from 'io-ts';
import { Selector } from '../flows/selector.codec.js';
import { Treatment } from '../flows/treatment.codec.js';
import { ConnectPoint } from '../links/link.codec.js';
import { Constraint, IntentPriority } from './intent.codec.js';

const common = t.intersection([
  /** `appId` must be registered with ONOS already, which a flow rule under it does. */
  t.type({ appId: t.string }),
  /** An intent with this `key` under `appId` is replaced. Without one, the id becomes the key. `priority`: 100 where absent. */
  t.partial({ key: t.string, priority: IntentPriority, selector: Selector, treatment: Treatment, constraints: t.array(Constraint) }),
]);

const points = <T extends string, I extends t.Mixed, E extends t.Mixed>(type: T, ingressPoint: I, egressPoint: E) =>
  t.intersection([t.type({ type: t.literal(type), ingressPoint, egressPoint }), common], type);

/** An intent to submit: the four types that ONOS' REST interface reads (IntentCodec.decode). */
export const IntentRequest = t.union(
  [
    points('PointToPointIntent', ConnectPoint, ConnectPoint),
    points('MultiPointToSinglePointIntent', t.array(ConnectPoint), ConnectPoint),
    points('SinglePointToMultiPointIntent', ConnectPoint, t.array(ConnectPoint)),
    t.intersection([t.type({ type: t.literal('HostToHostIntent'), one: t.string, two: t.string }), common], 'HostToHostIntent'),
  ],
  'IntentRequest',
);
export type IntentRequest = t.TypeOf<typeof IntentRequest>;
