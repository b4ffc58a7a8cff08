import * as t from 'io-ts';
import { Digits } from '../codec/digits.js';
import { integer } from '../codec/integer.js';
import { Criterion } from './criterion.codec.js';
import { Selector } from './selector.codec.js';
import { Treatment } from './treatment.codec.js';

/** ONOS' id of a rule, which is also its OpenFlow cookie: 64 bits in decimal. Same device, table, priority, selector and appId, same id. */
export const FlowId = Digits;
export type FlowId = t.TypeOf<typeof FlowId>;

/** OpenFlow's priority of a rule: the higher one wins. */
export const FlowPriority = integer('FlowPriority', 0, 65_535);

/** A rule as it is sent (FlowRuleCodec). `deviceId`: `of:0000000000000001`. */
export const FlowRule = t.intersection(
  [
    t.type({
      deviceId: t.string,
      priority: FlowPriority,
      /** false: the switch forgets the rule when no packet matched for `timeout` seconds. */
      isPermanent: t.boolean,
      timeout: integer('Seconds', 0, 65_535),
      selector: Selector,
    }),
    /** No `treatment` = drop. `tableId`: 0 where absent. */
    t.partial({ treatment: Treatment, tableId: integer('TableId', 0, 255) }),
  ],
  'FlowRule',
);
export type FlowRule = t.TypeOf<typeof FlowRule>;

/** PENDING_ADD lasts until ONOS' poll of the switch (5 s by default), though the switch has the rule in milliseconds. */
export const FlowState = t.keyof({ PENDING_ADD: null, ADDED: null, PENDING_REMOVE: null, REMOVED: null, FAILED: null }, 'FlowState');
export type FlowState = t.TypeOf<typeof FlowState>;

/** A rule as it is listed (FlowEntryCodec). `life` in seconds, `lastSeen` in milliseconds since 1970; counters are as of the last poll. */
export const FlowEntry = t.intersection(
  [
    FlowRule,
    t.type({ id: FlowId, appId: t.string, state: FlowState, life: t.number, lastSeen: t.number, packets: t.number, bytes: t.number }),
    t.partial({ groupId: t.number, liveType: t.string, tableName: t.string }),
  ],
  'FlowEntry',
);
export type FlowEntry = t.TypeOf<typeof FlowEntry>;

/** Which rule: all that its removal needs. */
export const FlowRef = t.type({ deviceId: t.string, flowId: FlowId }, 'FlowRef');
export type FlowRef = t.TypeOf<typeof FlowRef>;

/** A permanent rule that drops what all of `criteria` match. */
export function dropRule(deviceId: string, priority: number, criteria: Criterion[]): FlowRule {
  return { deviceId, priority, isPermanent: true, timeout: 0, selector: { criteria }, treatment: {} };
}
