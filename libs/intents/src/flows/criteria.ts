import type { KnownCriterion } from './criterion.codec.js';

type Of<T extends KnownCriterion['type']> = Extract<KnownCriterion, { type: T }>;

/** EtherTypes of the criteria below. */
export const ETHER_TYPE = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;

/** Builders of match criteria. ONOS does not add what a criterion presupposes: IPV4_* need ETH_TYPE 0x800, TCP_* need IP_PROTO 6 besides. */
export const criteria = {
  ethType: (value: number): Of<'ETH_TYPE'> => ({ type: 'ETH_TYPE', ethType: `0x${value.toString(16)}` }),
  inPort: (port: number): Of<'IN_PORT'> => ({ type: 'IN_PORT', port }),
  ethSrc: (mac: string): Of<'ETH_SRC'> => ({ type: 'ETH_SRC', mac }),
  ethDst: (mac: string): Of<'ETH_DST'> => ({ type: 'ETH_DST', mac }),
  vlanVid: (vlanId: number): Of<'VLAN_VID'> => ({ type: 'VLAN_VID', vlanId }),
  /** `ip` is a prefix with its length, also in the other three. */
  ipv4Src: (ip: string): Of<'IPV4_SRC'> => ({ type: 'IPV4_SRC', ip }),
  ipv4Dst: (ip: string): Of<'IPV4_DST'> => ({ type: 'IPV4_DST', ip }),
  ipv6Src: (ip: string): Of<'IPV6_SRC'> => ({ type: 'IPV6_SRC', ip }),
  ipv6Dst: (ip: string): Of<'IPV6_DST'> => ({ type: 'IPV6_DST', ip }),
  ipProto: (protocol: number): Of<'IP_PROTO'> => ({ type: 'IP_PROTO', protocol }),
  tcpSrc: (tcpPort: number): Of<'TCP_SRC'> => ({ type: 'TCP_SRC', tcpPort }),
  tcpDst: (tcpPort: number): Of<'TCP_DST'> => ({ type: 'TCP_DST', tcpPort }),
  udpSrc: (udpPort: number): Of<'UDP_SRC'> => ({ type: 'UDP_SRC', udpPort }),
  udpDst: (udpPort: number): Of<'UDP_DST'> => ({ type: 'UDP_DST', udpPort }),
  sctpSrc: (sctpPort: number): Of<'SCTP_SRC'> => ({ type: 'SCTP_SRC', sctpPort }),
  sctpDst: (sctpPort: number): Of<'SCTP_DST'> => ({ type: 'SCTP_DST', sctpPort }),
} as const;
