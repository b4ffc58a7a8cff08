import { contains, parsePrefix, type IpPrefix } from '@guardpost/contracts';
import {
  isKnownIntent,
  type ConnectPoint,
  type Criterion,
  type FlowEntry,
  type FlowRule,
  type Intent,
  type IntentRequest,
  type IntentState,
  type KnownIntent,
} from '@guardpost/intents';
import { ruleKey } from '../mitigations/flow-rule.js';

/** SDN-IP: its route intents are keyed by the prefix, and nothing but SDN-IP itself submits them rightly. */
export const SDNIP = 'org.onosproject.sdnip';

/** One rule of an intent as it stood in ONOS. */
export type RecordedRule = Pick<FlowEntry, 'deviceId' | 'priority' | 'selector' | 'treatment' | 'tableId'> & { readonly flowId: string };

/** An intent as it was when it was last taken out: all that is needed to know whether it came back right. */
export interface IntentRecord {
  /** Microseconds since 1970. */
  readonly at: number;
  readonly intent: KnownIntent;
  readonly rules: readonly RecordedRule[];
  readonly siblings: readonly string[];
}

/** What we wrote ourselves. */
export const readRecord = (json: string): IntentRecord => JSON.parse(json) as IntentRecord;

export const recordedRule = (f: FlowEntry): RecordedRule => ({
  deviceId: f.deviceId,
  flowId: f.id,
  priority: f.priority,
  selector: f.selector,
  ...(f.treatment === undefined ? {} : { treatment: f.treatment }),
  ...(f.tableId === undefined ? {} : { tableId: f.tableId }),
});

/** The prefix of a route intent of SDN-IP; undefined for every other intent, its BGP sessions among them. */
export const routePrefix = ({ appId, key }: { readonly appId: string; readonly key: string }): IpPrefix | undefined =>
  appId === SDNIP && key.includes('/') ? parsePrefix(key) : undefined;

/** What a state means to somebody who wants the intent gone. */
export function standing(state: IntentState | undefined): 'there' | 'coming' | 'leaving' | 'gone' | 'broken' {
  switch (state) {
    case 'INSTALLED':
      return 'there';
    case 'FAILED':
    case 'CORRUPT':
      return 'broken';
    case 'WITHDRAW_REQ':
    case 'WITHDRAWING':
    case 'PURGE_REQ':
      return 'leaving';
    case 'WITHDRAWN':
    case undefined:
      return 'gone';
    default:
      return 'coming';
  }
}

const ingressOf = (intent: KnownIntent): ConnectPoint[] => ('ingressPoint' in intent ? [intent.ingressPoint].flat() : []);
const pointText = ({ device, port }: ConnectPoint): string => `${device}/${port}`;

const inPort = (rule: RecordedRule): number | undefined =>
  rule.selector.criteria.flatMap((c) => (c.type === 'IN_PORT' && 'port' in c ? [Number(c.port)] : []))[0];
const criterionKey = (criterion: Criterion): string => JSON.stringify(Object.entries(criterion).sort(([a], [b]) => (a < b ? -1 : 1)));
/** What a rule matches but the port. */
const headers = (rule: RecordedRule): string[] => rule.selector.criteria.filter((c) => c.type !== 'IN_PORT').map(criterionKey);
const isIngress = (rule: RecordedRule, points: ReadonlySet<string>): boolean => points.has(`${rule.deviceId}/${inPort(rule) ?? ''}`);
/** What a packet matches behind the ingress of an intent that names the next hop, as SDN-IP's do. */
const nextHop = ({ treatment }: KnownIntent): ReadonlySet<string> =>
  new Set(
    (treatment.instructions ?? []).flatMap((i) =>
      i.type === 'L2MODIFICATION' && 'subtype' in i && i.subtype === 'ETH_DST' && 'mac' in i
        ? [criterionKey({ type: 'ETH_DST', mac: String(i.mac) })]
        : [],
    ),
  );
const hasDestination = (rule: RecordedRule): boolean => rule.selector.criteria.some((c) => c.type === 'IPV4_DST' || c.type === 'IPV6_DST');

/**
 * Copies of the rules that a route intent may share with others: those that match the next hop and not the prefix. ONOS
 * does not count who uses a rule: a withdrawal takes it from everyone. The copy stands one below the rule itself: it carries
 * the others as soon as the rule is gone, and gives way to it when it is back or moves.
 */
export function standInsFor(record: IntentRecord, shared: ReadonlySet<string>): FlowRule[] {
  const route = routePrefix(record.intent) !== undefined;
  return record.rules
    .filter((rule) => (route ? !hasDestination(rule) : shared.has(`${rule.deviceId}/${rule.flowId}`)))
    .map(({ deviceId, priority, selector, treatment, tableId }) => ({
      deviceId,
      priority: priority - 1,
      isPermanent: true,
      timeout: 0,
      selector,
      ...(treatment === undefined ? {} : { treatment }),
      ...(tableId === undefined ? {} : { tableId }),
    }));
}

/** `ruleKey` of the stand-in of a rule. */
const standInKey = (rule: RecordedRule): string => ruleKey({ ...rule, priority: rule.priority - 1 });

const wholeKey = (rule: RecordedRule): string =>
  `${ruleKey(rule)} ${JSON.stringify([...(rule.treatment?.instructions ?? []), ...(rule.treatment?.deferred ?? [])].map(criterionKey))}`;

export type Comparison =
  | { readonly kind: 'same' }
  /** Nothing passes that did not pass before, but the way is another: the network changed meanwhile. */
  | { readonly kind: 'changed'; readonly text: string }
  /** It would let through what never passed. */
  | { readonly kind: 'wider'; readonly text: string };

/** Compares what an intent stands on now with what was recorded, match by match. */
export function compare(
  record: IntentRecord,
  intent: KnownIntent,
  rules: readonly RecordedRule[],
  /** Keys of the stand-ins that stay: a shared rule that one of them stands in for is not missed. */
  standIns: ReadonlySet<string> = new Set(),
): Comparison {
  const points = new Set([...ingressOf(record.intent), ...ingressOf(intent)].map(pointText));
  // Behind the ingress the rules of the next hop carry all of its routes: they come and go with others, and no record may have them.
  const hop = nextHop(record.intent);
  const ofNextHop = (r: RecordedRule): boolean => !isIngress(r, points) && headers(r).length > 0 && headers(r).every((h) => hop.has(h));
  const before = new Set(record.rules.map(wholeKey));
  const now = new Set(rules.map(wholeKey));
  const added = rules.filter((r) => !before.has(wholeKey(r)) && !ofNextHop(r));
  const missing = record.rules.filter((r) => !now.has(wholeKey(r)) && !(ofNextHop(r) && standIns.has(standInKey(r))));
  if (added.length === 0 && missing.length === 0) return { kind: 'same' };
  const narrowEnough = (rule: RecordedRule): boolean => {
    const mine = new Set(headers(rule));
    const at = isIngress(rule, points);
    if (mine.size === 0) return false; // everything that comes in by a port
    return record.rules.some((r) => (isIngress(r, points) || !at) && headers(r).length > 0 && headers(r).every((h) => mine.has(h)));
  };
  const wide = added.find((rule) => !narrowEnough(rule));
  if (wide !== undefined)
    return {
      kind: 'wider',
      text: `the rule "${ruleKey(wide)}" matches more than anything the intent ${record.intent.key} stood on before`,
    };
  const text = [
    ...(missing.length > 0 ? [`${missing.length} of ${record.rules.length} rules are missing`] : []),
    ...(added.length > 0 ? [`${added.length} are new`] : []),
  ].join(', ');
  return { kind: 'changed', text };
}

/** ONOS lists it and refuses it when it is sent. */
const NOT_TAKEN = 'PartialFailureConstraint';

/**
 * The request that brings a recorded intent back, with the selector that its rules prove: what ONOS lists for a route intent
 * has none, and sent so it would catch all traffic of its ingresses.
 */
export function requestFor(record: IntentRecord): { readonly request: IntentRequest } | { readonly unsafe: string } {
  const { intent, rules } = record;
  const { appId, key, priority, treatment } = intent;
  const listed = intent.selector.criteria;
  const points = new Set(ingressOf(intent).map(pointText));
  const proven = listed.length > 0 ? listed : commonCriteria(rules.filter((r) => isIngress(r, points)));
  if (proven.length === 0)
    return { unsafe: `${key} has no selector and its rules prove none: sent again it would catch all traffic of its ingresses` };
  const prefix = routePrefix(intent);
  if (prefix !== undefined && !matchesPrefix(proven, prefix)) return { unsafe: `the rules of ${key} do not match its prefix` };
  const constraints = (intent.constraints ?? []).filter((c) => c.type !== NOT_TAKEN);
  const common = {
    appId,
    key,
    priority,
    treatment,
    selector: { criteria: [...proven] },
    ...(constraints.length > 0 ? { constraints } : {}),
  };
  switch (intent.type) {
    case 'HostToHostIntent':
      return { request: { type: intent.type, one: intent.one, two: intent.two, ...common } };
    case 'PointToPointIntent':
      return { request: { type: intent.type, ingressPoint: intent.ingressPoint, egressPoint: intent.egressPoint, ...common } };
    case 'MultiPointToSinglePointIntent':
      return { request: { type: intent.type, ingressPoint: intent.ingressPoint, egressPoint: intent.egressPoint, ...common } };
    case 'SinglePointToMultiPointIntent':
      return { request: { type: intent.type, ingressPoint: intent.ingressPoint, egressPoint: intent.egressPoint, ...common } };
  }
}

function commonCriteria(rules: readonly RecordedRule[]): Criterion[] {
  const [first, ...rest] = rules;
  return (first?.selector.criteria ?? []).filter(
    (c) => c.type !== 'IN_PORT' && rest.every((r) => r.selector.criteria.some((other) => criterionKey(other) === criterionKey(c))),
  );
}

function matchesPrefix(criteria: readonly Criterion[], prefix: IpPrefix): boolean {
  return criteria.some((c) => {
    if (!(c.type === 'IPV4_DST' || c.type === 'IPV6_DST') || !('ip' in c)) return false;
    const matched = parsePrefix(String(c.ip));
    return matched !== undefined && matched.length === prefix.length && contains(prefix, matched);
  });
}

/** Whether Guardpost may take it out at all; the reason where not. */
export function refusal(intent: Intent): string | undefined {
  if (!isKnownIntent(intent)) return `${intent.key} is a ${intent.type}, which can't be submitted again`;
  if (intent.appId === SDNIP && routePrefix(intent) === undefined) return `${intent.key} carries a BGP session of SDN-IP`;
  if (intent.priority >= 1_000) return `${intent.key} has priority ${intent.priority}: those carry control traffic`;
  return undefined;
}
