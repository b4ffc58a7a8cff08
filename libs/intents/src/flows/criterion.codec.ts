import * as t from 'io-ts';
import { byType } from '../codec/by-type.js';
import { integer, TransportPort } from '../codec/integer.js';

const criterion = <T extends string, P extends t.Props>(type: T, props: P) => t.type({ type: t.literal(type), ...props });

const ip = { ip: t.string };
const mac = { mac: t.string };
const ipProtocol = integer('IpProtocol', 0, 255);

/** The criteria that Guardpost writes, as ONOS reads and writes them (DecodeCriterionCodecHelper, EncodeCriterionCodecHelper). */
const known = {
  /** `ethType`: hexadecimal text, `0x800`; ONOS drops leading zeros. */
  ETH_TYPE: criterion('ETH_TYPE', { ethType: t.string }),
  /** `port`: OpenFlow's number; the reserved ones are above 0xffffff00 (CONTROLLER 4294967293). */
  IN_PORT: criterion('IN_PORT', { port: integer('PortNumber', 0, 0xffff_ffff) }),
  ETH_SRC: criterion('ETH_SRC', mac),
  ETH_DST: criterion('ETH_DST', mac),
  /** `vlanId`: 1-4095, or one of VlanId's marks: -1 and 0 untagged, 4096 any tag. */
  VLAN_VID: criterion('VLAN_VID', { vlanId: integer('VlanId', -1, 4_096) }),
  /** `ip`: a prefix with its length, `203.0.113.0/24`. */
  IPV4_SRC: criterion('IPV4_SRC', ip),
  IPV4_DST: criterion('IPV4_DST', ip),
  IPV6_SRC: criterion('IPV6_SRC', ip),
  IPV6_DST: criterion('IPV6_DST', ip),
  /** `protocol`: IANA's number. */
  IP_PROTO: criterion('IP_PROTO', { protocol: ipProtocol }),
  TCP_SRC: criterion('TCP_SRC', { tcpPort: TransportPort }),
  TCP_DST: criterion('TCP_DST', { tcpPort: TransportPort }),
  UDP_SRC: criterion('UDP_SRC', { udpPort: TransportPort }),
  UDP_DST: criterion('UDP_DST', { udpPort: TransportPort }),
  SCTP_SRC: criterion('SCTP_SRC', { sctpPort: TransportPort }),
  SCTP_DST: criterion('SCTP_DST', { sctpPort: TransportPort }),
};

/** Any criterion that is not among the known: kept as it came. */
export const OtherCriterion = t.intersection([t.type({ type: t.string }), t.UnknownRecord], 'OtherCriterion');
export type OtherCriterion = t.TypeOf<typeof OtherCriterion>;

export type KnownCriterion = t.TypeOf<(typeof known)[keyof typeof known]>;

export const Criterion = byType('Criterion', known, OtherCriterion);
export type Criterion = t.TypeOf<typeof Criterion>;

/** After this, `criterion.type` tells the fields. */
export function isKnownCriterion(criterion: Criterion): criterion is KnownCriterion {
  return Object.hasOwn(known, criterion.type);
}
