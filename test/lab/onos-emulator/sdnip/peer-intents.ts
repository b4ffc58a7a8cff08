import type { Criterion } from '../flows/criterion.js';
import { NO_ACTION } from '../flows/treatment.js';
import { formatPrefix, hostPrefix } from '../ip.js';
import type { Intent } from '../intents/intent.js';
import { interfaceFor, type Interface, type Speaker } from './interfaces.js';

const PRIORITY = 1_000;
const BGP_PORT = 179;

type Draft = Omit<Extract<Intent, { type: 'PointToPointIntent' }>, 'id'>;

/** What carries the BGP sessions: six intents a peer (PeerConnectivityManager). */
export function peerIntents(appId: string, speakers: readonly Speaker[], interfaces: readonly Interface[]): Draft[] {
  return speakers.flatMap(({ at, peers }) =>
    peers.flatMap((peer) => {
      const found = interfaceFor(interfaces, peer);
      if (found === undefined) return [];
      const ends = { speaker: { ip: found.address, at }, peer: { ip: peer, at: found.one.at } };
      return [[ends.speaker, ends.peer] as const, [ends.peer, ends.speaker] as const].flatMap(([from, to]) =>
        (['dst', 'src', 'icmp'] as const).map((what): Draft => ({
          type: 'PointToPointIntent',
          appId,
          key: `${from.ip}-${to.ip}-${what}`,
          priority: PRIORITY,
          selector: { criteria: criteria(from.ip, to.ip, what) },
          treatment: NO_ACTION,
          constraints: [],
          ingress: from.at,
          egress: to.at,
        })),
      );
    }),
  );
}

function criteria(from: string, to: string, what: 'dst' | 'src' | 'icmp'): Criterion[] {
  const [src, dst] = [hostPrefix(from), hostPrefix(to)];
  const v6 = src.version === 6;
  const port: Criterion[] = what === 'icmp' ? [] : [{ type: what === 'dst' ? 'TCP_DST' : 'TCP_SRC', tcpPort: BGP_PORT }];
  return [
    { type: 'ETH_TYPE', ethType: v6 ? '0x86dd' : '0x800' },
    { type: 'IP_PROTO', protocol: what !== 'icmp' ? 6 : v6 ? 58 : 1 },
    { type: v6 ? 'IPV6_SRC' : 'IPV4_SRC', ip: formatPrefix(src) },
    { type: v6 ? 'IPV6_DST' : 'IPV4_DST', ip: formatPrefix(dst) },
    ...port,
  ];
}
