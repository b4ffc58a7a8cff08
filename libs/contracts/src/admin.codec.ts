import * as t from 'io-ts';
import { annotate, integer } from './schema/annotation.js';
import { Prefix, RequestId, TimeUs } from './schema/primitives.js';
import { MitigationDetail, TTL_MAX_SECONDS } from './mitigation.codec.js';
import { DevicePort, NetworkIntent } from './inventory.codec.js';

/** What somebody did to the network through us. `outcome`: `begun`, `done`, or why it did not work. `request` is as it was asked for. */
export const AuditEntry = annotate(
  t.type({
    id: t.number,
    at: TimeUs,
    who: t.string,
    what: t.string,
    subject: t.string,
    request: t.string,
    outcome: t.string,
  }),
  { id: 'AuditEntry' },
);
export type AuditEntry = t.TypeOf<typeof AuditEntry>;
export const AuditList = annotate(t.type({ items: t.array(AuditEntry) }), { id: 'AuditList' });

const why = { requestId: RequestId, reason: t.string };
const Point = annotate(t.string, { description: 'a port: DEVICE/PORT', example: 'of:0000000000000001/11' });

const OnosObject = (what: string) => annotate(t.UnknownRecord, { type: 'object', description: `${what} as ONOS' REST interface takes it` });

/** An intent in ONOS' own terms: criteria and instructions as its REST interface takes them. */
export const IntentInput = annotate(
  t.intersection([
    t.type({
      type: t.keyof({
        PointToPointIntent: null,
        MultiPointToSinglePointIntent: null,
        SinglePointToMultiPointIntent: null,
        HostToHostIntent: null,
      }),
      key: t.string,
      criteria: t.array(OnosObject('a criterion')),
    }),
    t.partial({
      /** An application that ONOS knows. Default: org.onosproject.cli. */
      appId: t.string,
      /** 1 to 740: what stands higher would override drop rules. Default 100. */
      priority: integer('IntentPriority', 1, 740),
      instructions: t.array(OnosObject('an instruction')),
      ingress: t.array(Point),
      egress: t.array(Point),
      /** Of a HostToHostIntent: two host ids. */
      hosts: t.array(t.string),
    }),
  ]),
  { id: 'IntentInput' },
);
export type IntentInput = t.TypeOf<typeof IntentInput>;

export const SubmitIntentRequest = annotate(
  t.intersection([
    t.type({ ...why, intent: IntentInput }),
    t.partial({ /** An intent of this key may be replaced. */ replace: t.boolean }),
  ]),
  { id: 'SubmitIntentRequest' },
);
export type SubmitIntentRequest = t.TypeOf<typeof SubmitIntentRequest>;

export const WithdrawIntentRequest = annotate(
  t.intersection([
    t.type({ ...why, ttlSeconds: integer('TtlSeconds', 1, TTL_MAX_SECONDS) }),
    t.partial({ /** What the guard rules drop, where the intent is no route: those know their prefix. */ prefix: Prefix }),
  ]),
  { id: 'WithdrawIntentRequest' },
);
export type WithdrawIntentRequest = t.TypeOf<typeof WithdrawIntentRequest>;

export const ReasonRequest = annotate(t.type(why), { id: 'ReasonRequest' });
export type ReasonRequest = t.TypeOf<typeof ReasonRequest>;

export const PortStateRequest = annotate(
  t.intersection([
    t.type({ ...why, enabled: t.boolean }),
    t.partial({ /** `DEVICE/PORT` once more, where the port carries a link to another switch. */ confirm: t.string }),
  ]),
  { id: 'PortStateRequest' },
);
export type PortStateRequest = t.TypeOf<typeof PortStateRequest>;

/** The intent as ONOS had it after the request; null where it has none any more. */
export const IntentResult = annotate(t.type({ audit: AuditEntry, intent: t.union([NetworkIntent, t.null]) }), { id: 'IntentResult' });
export type IntentResult = t.TypeOf<typeof IntentResult>;
export const PortResult = annotate(t.type({ audit: AuditEntry, port: DevicePort }), { id: 'PortResult' });
export type PortResult = t.TypeOf<typeof PortResult>;
/** The mitigations that held the intent and now let go of it. */
export const RestoreResult = annotate(t.type({ mitigations: t.array(MitigationDetail) }), { id: 'RestoreResult' });
export type RestoreResult = t.TypeOf<typeof RestoreResult>;
