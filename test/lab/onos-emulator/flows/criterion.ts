import { formatPrefix, parseAddress, parsePrefix } from '../ip.js';
import { intOf, objectOf, textOf, type Json } from '../json.js';
import { illegal, required } from '../refusal.js';

/** A criterion as ONOS writes it: its type and one value. */
export type Criterion = Readonly<Json> & { readonly type: string };

interface Kind {
  /** The member that holds the value. */
  readonly member: string;
  /** DecodeCriterionCodecHelper: the value as ONOS writes it back. */
  readonly decode: (value: unknown) => unknown;
  /** What ovs-ofctl calls it. */
  readonly match: (value: string) => string;
  /** What must be matched too (OpenFlow 1.3, 7.2.3.8): any of these. A switch refuses the rule without; ovs-ofctl would widen it. */
  readonly needs?: readonly string[];
}

const number = (value: unknown): number => intOf(value);
const hex = (value: unknown): string => {
  const n = Number(textOf(value));
  if (!Number.isInteger(n)) throw illegal(`For input string: "${textOf(value)}"`);
  return `0x${n.toString(16)}`;
};
const mac = (value: unknown): string => {
  const text = textOf(value);
  if (!/^([\da-f]{1,2}:){5}[\da-f]{1,2}$/i.test(text))
    throw illegal(`Specified MAC Address must contain 12 hex digits separated pairwise by :'s.`);
  return text.toUpperCase();
};
const prefix = (value: unknown): string => formatPrefix(parsePrefix(textOf(value)));
const address = (value: unknown): string => (parseAddress(textOf(value)), textOf(value));
const named = (name: string) => (value: string) => `${name}=${value}`;

const IPV4 = ['ETH_TYPE=0x800'];
const IPV6 = ['ETH_TYPE=0x86dd'];
const field = (member: string, decode: Kind['decode'], name: string, needs?: readonly string[]): Kind => ({
  member,
  decode,
  match: named(name),
  ...(needs && { needs }),
});

/** In the order of Criterion.Type, in which ONOS keeps and writes the criteria of a selector. */
const KINDS: Readonly<Record<string, Kind>> = {
  IN_PORT: field('port', number, 'in_port'),
  METADATA: field('metadata', number, 'metadata'),
  ETH_DST: field('mac', mac, 'dl_dst'),
  ETH_SRC: field('mac', mac, 'dl_src'),
  ETH_TYPE: field('ethType', hex, 'dl_type'),
  VLAN_VID: {
    member: 'vlanId',
    decode: number,
    match: (value) =>
      value === '-1' || value === '0' || value === '65535'
        ? 'dl_vlan=0xffff'
        : value === '4096'
          ? 'vlan_vid=0x1000/0x1000'
          : `dl_vlan=${value}`,
  },
  VLAN_PCP: field('priority', number, 'dl_vlan_pcp', ['VLAN_VID']),
  IP_DSCP: { member: 'ipDscp', decode: number, match: (value) => `nw_tos=${Number(value) << 2}`, needs: [...IPV4, ...IPV6] },
  IP_ECN: field('ipEcn', number, 'nw_ecn', [...IPV4, ...IPV6]),
  IP_PROTO: field('protocol', number, 'nw_proto', [...IPV4, ...IPV6]),
  IPV4_SRC: field('ip', prefix, 'nw_src', IPV4),
  IPV4_DST: field('ip', prefix, 'nw_dst', IPV4),
  TCP_SRC: field('tcpPort', number, 'tcp_src', ['IP_PROTO=6']),
  TCP_DST: field('tcpPort', number, 'tcp_dst', ['IP_PROTO=6']),
  UDP_SRC: field('udpPort', number, 'udp_src', ['IP_PROTO=17']),
  UDP_DST: field('udpPort', number, 'udp_dst', ['IP_PROTO=17']),
  SCTP_SRC: field('sctpPort', number, 'sctp_src', ['IP_PROTO=132']),
  SCTP_DST: field('sctpPort', number, 'sctp_dst', ['IP_PROTO=132']),
  ICMPV4_TYPE: field('icmpType', number, 'icmp_type', ['IP_PROTO=1']),
  ICMPV4_CODE: field('icmpCode', number, 'icmp_code', ['IP_PROTO=1']),
  ARP_SPA: field('ip', address, 'arp_spa', ['ETH_TYPE=0x806']),
  ARP_TPA: field('ip', address, 'arp_tpa', ['ETH_TYPE=0x806']),
  ARP_OP: field('arpOp', number, 'arp_op', ['ETH_TYPE=0x806']),
  IPV6_SRC: field('ip', prefix, 'ipv6_src', IPV6),
  IPV6_DST: field('ip', prefix, 'ipv6_dst', IPV6),
  ICMPV6_TYPE: field('icmpv6Type', number, 'icmpv6_type', ['IP_PROTO=58']),
  ICMPV6_CODE: field('icmpv6Code', number, 'icmpv6_code', ['IP_PROTO=58']),
  IPV6_ND_TARGET: field('targetAddress', address, 'nd_target', ['ICMPV6_TYPE=135', 'ICMPV6_TYPE=136']),
  TUNNEL_ID: field('tunnelId', number, 'tun_id'),
};
const ORDER = new Map(Object.keys(KINDS).map((type, i) => [type, i]));
const kindOf = (type: string): Kind => {
  const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (kind === undefined) throw illegal(`Type ${type} is unknown`);
  return kind;
};

/** @throws Refusal as DecodeCriterionCodecHelper does */
export function decodeCriterion(json: unknown): Criterion {
  const node = objectOf(json);
  const type = textOf(required(node['type'], 'type', 'Criterion'));
  const { member, decode } = kindOf(type);
  return { type, [member]: decode(required(node[member], member, 'Criterion')) };
}

const valueOf = (criterion: Criterion): string => textOf(criterion[kindOf(criterion.type).member]);

/** One criterion of a type, the later one counts; in ONOS' order. */
export function inOrder(criteria: readonly Criterion[]): Criterion[] {
  const byType = new Map(criteria.map((criterion) => [criterion.type, criterion]));
  return [...byType.values()].sort((a, b) => (ORDER.get(a.type) ?? 0) - (ORDER.get(b.type) ?? 0));
}

/** The text by which rules are told apart. */
export const criterionText = (criterion: Criterion): string => `${criterion.type}=${valueOf(criterion)}`;

/** For ovs-ofctl; undefined where a switch would refuse the match. */
export function matchText(criteria: readonly Criterion[]): string | undefined {
  const there = new Set(criteria.flatMap((criterion) => [criterion.type, criterionText(criterion)]));
  const complete = criteria.every(({ type }) => kindOf(type).needs?.some((need) => there.has(need)) ?? true);
  return complete ? criteria.map((criterion) => kindOf(criterion.type).match(valueOf(criterion))).join(',') : undefined;
}
