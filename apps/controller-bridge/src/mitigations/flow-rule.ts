import { canonicalPrefix, parsePrefix, type Target } from '@guardpost/contracts';
import { criteria, dropRule, ETHER_TYPE, isKnownCriterion, type Criterion, type FlowRule } from '@guardpost/intents';

/** The application id that every rule of ours carries in ONOS. */
export const APP_ID = 'org.guardpost';
/** Drop rules stand in between: above SDN-IP's routes (at most 740), below its BGP sessions (1000). */
export const DROP_BAND = { lowest: 741, highest: 999 } as const;
/** Above every drop rule, so that what a withdrawn intent would let through is counted by its guard. */
export const GUARD_PRIORITY = DROP_BAND.highest;

/**
 * Of rules that fit the same packet the narrower one drops and counts it: a longer prefix stands higher, a protocol higher
 * than any prefix without one, a port higher still. 750 to 998.
 */
export function dropPriority({ prefix, proto, port }: Target): number {
  const parsed = parsePrefix(canonicalPrefix(prefix));
  if (parsed === undefined) throw new RangeError(`${prefix} is no prefix`);
  const length = Math.round((parsed.length / (parsed.family === 4 ? 32 : 128)) * 80);
  return 750 + length + (proto === null ? 0 : 84) + (port === null ? 0 : 84);
}

const TCP = 6;
const UDP = 17;
const SCTP = 132;
/** Protocols that have ports. */
export const PORT_PROTOCOLS: readonly number[] = [TCP, UDP, SCTP];

/** Where a rule goes: `side` says which end of the packet the target is. */
export interface RulePlace {
  readonly device: string;
  readonly inPort: string | null;
  readonly side: 'from' | 'to';
  readonly priority: number;
}

/** The drop rule of one side of a target at one place: the same each time. Throws on a port of a protocol that has none. */
export function flowRule(target: Target, place: RulePlace): FlowRule {
  const prefix = canonicalPrefix(target.prefix);
  const v6 = prefix.includes(':');
  const from = place.side === 'from';
  const address = v6 ? (from ? criteria.ipv6Src : criteria.ipv6Dst)(prefix) : (from ? criteria.ipv4Src : criteria.ipv4Dst)(prefix);
  const match: Criterion[] = [criteria.ethType(v6 ? ETHER_TYPE.ipv6 : ETHER_TYPE.ipv4), address];
  if (place.inPort !== null) match.push(criteria.inPort(Number(place.inPort)));
  if (target.proto !== null) match.push(criteria.ipProto(target.proto));
  if (target.port !== null) match.push(portOf(target.proto, target.port, from));
  return dropRule(place.device, place.priority, match);
}

function portOf(proto: number | null, port: number, from: boolean): Criterion {
  switch (proto) {
    case TCP:
      return (from ? criteria.tcpSrc : criteria.tcpDst)(port);
    case UDP:
      return (from ? criteria.udpSrc : criteria.udpDst)(port);
    case SCTP:
      return (from ? criteria.sctpSrc : criteria.sctpDst)(port);
    default:
      throw new RangeError(`protocol ${proto ?? 'any'} has no ports`);
  }
}

/** What makes two rules the same to a switch: whoever wrote them, in whatever order and spelling. */
export function ruleKey(rule: Pick<FlowRule, 'deviceId' | 'priority' | 'selector'>): string {
  const match = rule.selector.criteria.map((criterion) => {
    if (!isKnownCriterion(criterion)) return JSON.stringify(criterion);
    const { type, ...value } = criterion;
    return `${type}=${'ethType' in value ? Number(value.ethType) : Object.values(value).join()}`;
  });
  return `${rule.deviceId} ${rule.priority} ${match.sort().join(' ')}`;
}
