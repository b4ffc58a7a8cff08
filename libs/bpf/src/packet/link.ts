import {
  FIRST_TYPE,
  isVlan,
  LAST_LENGTH,
  TYPE_BACKBONE,
  TYPE_FABRICPATH,
  TYPE_IPV4,
  TYPE_IPV6,
  TYPE_MPLS,
  TYPE_MPLS_MULTICAST,
  TYPE_PPPOE_SESSION,
} from './numbers.js';
import type { Packet } from './packet.js';
import { FAULT, STEP } from './step.js';

export function ethernet(p: Packet): number {
  if (!p.has(14)) return STEP.done;
  p.type = p.view.getUint16(p.at + 12);
  p.at += 14;
  return STEP.type;
}

export function etherType(p: Packet): number {
  const { type } = p;
  if (type === TYPE_IPV4) return STEP.ipv4;
  if (type === TYPE_IPV6) return STEP.ipv6;
  if (isVlan(type)) {
    if (!p.has(4)) return STEP.done;
    p.tag(p.view.getUint16(p.at));
    p.type = p.view.getUint16(p.at + 2);
    p.at += 4;
    return STEP.type;
  }
  if (type === TYPE_MPLS || type === TYPE_MPLS_MULTICAST) return STEP.mpls;
  if (type === TYPE_PPPOE_SESSION) return STEP.pppoe;
  if (type === TYPE_BACKBONE || type === TYPE_FABRICPATH) {
    p.at += type === TYPE_BACKBONE ? 4 : 2;
    return STEP.ethernet;
  }
  if (type > LAST_LENGTH) return p.fail(FAULT.notIp);
  // 802.3: the field is a length, and the rest is padding.
  p.narrow(p.at + type);
  return STEP.llc;
}

const SAP_IP = 0x06;
const SAP_SNAP = 0xaa;
const UNNUMBERED = 3;
/** 802.1H sends Ethernet types that bridges would mistake under an OUI of its own. */
const OUI_BRIDGE_TUNNEL = 0xf8;

/** 802.2: IP by its SAP, or by an Ethernet type behind SNAP. */
export function llc(p: Packet): number {
  if (!p.has(3)) return STEP.done;
  const { bytes, at } = p;
  if (bytes[at] === SAP_IP && bytes[at + 1] === SAP_IP && bytes[at + 2] === UNNUMBERED) {
    p.at += 3;
    return STEP.ipv4;
  }
  if (bytes[at] !== SAP_SNAP || bytes[at + 1] !== SAP_SNAP || bytes[at + 2] !== UNNUMBERED) return p.fail(FAULT.notIp);
  if (!p.has(8)) return STEP.done;
  const oui = (p.view.getUint16(at + 3) << 8) | bytes[at + 5]!;
  if (oui !== 0 && oui !== OUI_BRIDGE_TUNNEL) return p.fail(FAULT.notIp);
  p.type = p.view.getUint16(at + 6);
  p.at += 8;
  return p.type < FIRST_TYPE ? p.fail(FAULT.malformed) : STEP.type;
}

/** The label stack does not say what it carries: the first nibble after it is the guess (RFC 4928). 0 is a pseudowire's control word. */
export function mpls(p: Packet): number {
  if (!p.has(4)) return STEP.done;
  const bottom = (p.bytes[p.at + 2]! & 1) === 1;
  p.at += 4;
  if (!bottom) return STEP.mpls;
  if (!p.has(1)) return STEP.done;
  const nibble = p.bytes[p.at]! >> 4;
  if (nibble === 4) return STEP.ipv4;
  if (nibble === 6) return STEP.ipv6;
  if (nibble !== 0) return p.fail(FAULT.notIp);
  p.at += 4;
  return STEP.ethernet;
}

const PPPOE_VERSION_TYPE = 0x11;

/** RFC 2516. */
export function pppoe(p: Packet): number {
  if (!p.has(6)) return STEP.done;
  if (p.bytes[p.at] !== PPPOE_VERSION_TYPE || p.bytes[p.at + 1] !== 0) return p.fail(FAULT.malformed);
  const length = p.view.getUint16(p.at + 4);
  p.at += 6;
  p.narrow(p.at + length);
  return STEP.ppp;
}

const PPP_IPV4 = 0x21;
const PPP_IPV6 = 0x57;
const PPP_MPLS = 0x281;
const PPP_MPLS_MULTICAST = 0x283;

/** The protocol field: two bytes, or one where it is odd (RFC 1661, 6.5). */
export function ppp(p: Packet): number {
  if (!p.has(1)) return STEP.done;
  let protocol = p.bytes[p.at]!;
  if ((protocol & 1) === 0) {
    if (!p.has(2)) return STEP.done;
    protocol = p.view.getUint16(p.at);
    p.at += 1;
  }
  p.at += 1;
  if (protocol === PPP_IPV4) return STEP.ipv4;
  if (protocol === PPP_IPV6) return STEP.ipv6;
  return protocol === PPP_MPLS || protocol === PPP_MPLS_MULTICAST ? STEP.mpls : p.fail(FAULT.notIp);
}
