import type { Host } from '../hosts.js';
import { formatPrefix, parsePrefix } from '../ip.js';
import type { Intent } from '../intents/intent.js';
import { interfaceFor, type Interface } from './interfaces.js';

export interface Route {
  readonly source: 'BGP' | 'STATIC';
  readonly prefix: string;
  readonly nextHop: string;
}
type Draft = Omit<Extract<Intent, { type: 'MultiPointToSinglePointIntent' }>, 'id'>;

/**
 * What carries the traffic towards a learned prefix (SdnIpFib): from every interface but the next hop's. The prefix is matched by the
 * ingress points alone, so the rules behind them are those of every route with this next hop and length. undefined: the next hop is not known.
 */
export function routeIntent(appId: string, route: Route, interfaces: readonly Interface[], nextHop: Host | undefined): Draft | undefined {
  const egress = interfaceFor(interfaces, route.nextHop)?.one.at;
  if (egress === undefined || nextHop === undefined) return undefined;
  const prefix = parsePrefix(route.prefix);
  const v6 = prefix.version === 6;
  const ingress = interfaces
    .filter(({ at, ips }) => ips.length > 0 && !(at.device === egress.device && at.port === egress.port))
    .map(({ at }) => at);
  if (ingress.length === 0) return undefined;
  return {
    type: 'MultiPointToSinglePointIntent',
    appId,
    key: formatPrefix(prefix),
    priority: 100 + 5 * prefix.length,
    selector: { criteria: [] },
    filter: [
      { type: 'ETH_TYPE', ethType: v6 ? '0x86dd' : '0x800' },
      { type: v6 ? 'IPV6_DST' : 'IPV4_DST', ip: formatPrefix(prefix) },
    ],
    treatment: { instructions: [{ type: 'L2MODIFICATION', subtype: 'ETH_DST', mac: nextHop.mac }], deferred: [] },
    constraints: [{ type: 'PartialFailureConstraint' }],
    ingress,
    egress,
  };
}
