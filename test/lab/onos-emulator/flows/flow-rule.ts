import { createHash } from 'node:crypto';
import { isObject, intOf, listOf, textOf } from '../json.js';
import { required } from '../refusal.js';
import { criterionText, decodeCriterion, inOrder, matchText, type Criterion } from './criterion.js';
import { actionText, decodeTreatment, type Treatment } from './treatment.js';

export const REST_APP = 'org.onosproject.rest';

export interface Selector {
  readonly criteria: readonly Criterion[];
}
export interface FlowRule {
  /** 64 bits in decimal; the OpenFlow cookie. */
  readonly id: string;
  readonly appId: string;
  readonly deviceId: string;
  readonly priority: number;
  /** Seconds without a packet after which the rule goes; 0 = permanent. */
  readonly timeout: number;
  readonly tableId: number;
  readonly selector: Selector;
  readonly treatment: Treatment;
}
/** Gives the number of an application, which is registered if it is new. */
export type Register = (appId: string) => number;

export function decodeSelector(json: unknown): Selector {
  return { criteria: isObject(json) ? inOrder(listOf(json['criteria']).map(decodeCriterion)) : [] };
}

export function flowRule(rule: Omit<FlowRule, 'id'>, register: Register): FlowRule {
  const selector = { criteria: inOrder(rule.selector.criteria) };
  return { id: flowId(register(rule.appId), { ...rule, selector }), ...rule, selector };
}

/** FlowRuleCodec. The application is registered before anything is found wrong. @throws Refusal */
export function decodeFlowRule(json: unknown, register: Register): FlowRule {
  const node = isObject(json) ? json : {};
  const appId = node['appId'] === undefined ? REST_APP : textOf(node['appId']);
  register(appId);
  const member = (name: string): unknown => required(node[name], name, 'FlowRule');
  const priority = intOf(member('priority'));
  const permanent = member('isPermanent') === true;
  const timeout = permanent ? 0 : intOf(member('timeout'));
  const deviceId = textOf(member('deviceId'));
  const treatment = decodeTreatment(node['treatment']);
  const selector = decodeSelector(node['selector']);
  return flowRule({ appId, deviceId, priority, timeout, tableId: intOf(node['tableId']), selector, treatment }, register);
}

/** The application's number in the upper 16 bits, 32 bits of hash in the lower (DefaultFlowRule.computeFlowID); the treatment has no part in it. */
function flowId(app: number, rule: Omit<FlowRule, 'id'>): string {
  const text = [rule.deviceId, rule.selector.criteria.map(criterionText), rule.priority, rule.tableId].join('|');
  const hash = createHash('md5').update(text).digest().readUInt32BE(0);
  return ((BigInt(app) << 48n) | BigInt(hash)).toString();
}

const place = (rule: FlowRule, match: string): string =>
  [`table=${rule.tableId}`, `priority=${rule.priority}`, ...(match === '' ? [] : [match])].join(',');

/** A line for `ovs-ofctl add-flows`; undefined where a switch would refuse the rule. */
export function addLine(rule: FlowRule): string | undefined {
  const match = matchText(rule.selector.criteria);
  if (match === undefined) return undefined;
  return `add cookie=0x${BigInt(rule.id).toString(16)},send_flow_rem,${place(rule, match)},actions=${actionText(rule.treatment)}`;
}
/** As ONOS does: whoever's rule of this match and priority it is. */
export function deleteLine(rule: FlowRule): string | undefined {
  const match = matchText(rule.selector.criteria);
  return match === undefined ? undefined : `delete_strict ${place(rule, match)}`;
}
/** Same id and same treatment (FlowRule.exactMatch). */
export function exactMatch(a: FlowRule, b: FlowRule): boolean {
  return a.id === b.id && a.deviceId === b.deviceId && JSON.stringify(a.treatment) === JSON.stringify(b.treatment);
}
