import {
  FIRST_TYPE,
  MAX_TUNNELS,
  TYPE_BRIDGED,
  TYPE_ERSPAN,
  TYPE_ERSPAN_3,
  TYPE_IPV4,
  TYPE_IPV6,
  TYPE_MPLS,
  TYPE_MPLS_MULTICAST,
  TYPE_PPP,
  TYPE_WCCP,
} from './numbers.js';
import type { Packet } from './packet.js';
import { FAULT, STEP } from './step.js';

/** Entering a tunnel. One that turns out not to be one leaves the packet at the header that was meant to carry it. */
export function tunnel(p: Packet, next: number): number {
  p.tunnels++;
  return p.tunnels > MAX_TUNNELS ? p.fail(FAULT.tooDeep) : next;
}

const GRE_CHECKSUM = 0x80;
const GRE_ROUTING = 0x40;
const GRE_KEY = 0x20;
const GRE_SEQUENCE = 0x10;
const GRE_ACKNOWLEDGEMENT = 0x80;

/** RFC 2784 and 2890; version 1 is PPTP's (RFC 2637). Routing went out with RFC 2784. */
export function gre(p: Packet): number {
  if (!p.has(4)) return STEP.done;
  const { bytes, at } = p;
  const flags = bytes[at]!;
  const version = bytes[at + 1]! & 7;
  if (version > 1 || (flags & GRE_ROUTING) !== 0) return STEP.done;
  p.type = p.view.getUint16(at + 2);
  p.at += 4;
  if ((flags & GRE_CHECKSUM) !== 0) p.at += 4;
  if ((flags & GRE_KEY) !== 0) p.at += 4;
  if ((flags & GRE_SEQUENCE) !== 0) p.at += 4;
  if (version === 1) return pptp(p, (bytes[at + 1]! & GRE_ACKNOWLEDGEMENT) !== 0);
  switch (p.type) {
    case TYPE_IPV4:
    case TYPE_IPV6:
    case TYPE_MPLS:
    case TYPE_MPLS_MULTICAST:
      return STEP.type;
    case TYPE_BRIDGED:
      return STEP.ethernet;
    case TYPE_PPP:
      return framedPpp(p);
    case TYPE_WCCP:
      return wccp(p);
    case TYPE_ERSPAN:
      p.at += (flags & GRE_SEQUENCE) !== 0 ? 8 : 0; // type I has neither a sequence number nor a header
      return STEP.ethernet;
    case TYPE_ERSPAN_3:
      return erspan3(p);
    default:
      return STEP.done;
  }
}

/** An acknowledgement alone carries nothing. */
function pptp(p: Packet, acknowledges: boolean): number {
  if (p.type !== TYPE_PPP) return STEP.done;
  if (acknowledges) p.at += 4;
  return p.at < p.limit ? framedPpp(p) : STEP.done;
}

/** PPP whose address and control fields may have been left out. */
export function framedPpp(p: Packet): number {
  if (!p.has(2)) return STEP.done;
  if (p.view.getUint16(p.at) === 0xff03) p.at += 2;
  return STEP.ppp;
}

/** Version 2 has a redirect header in front of the packet. */
function wccp(p: Packet): number {
  if (!p.has(1)) return STEP.done;
  if (p.bytes[p.at]! >> 4 !== 4) p.at += 4;
  return STEP.ipv4;
}

/** 12 bytes, and 8 more where the last bit says so. */
function erspan3(p: Packet): number {
  if (!p.has(12)) return STEP.done;
  p.at += (p.bytes[p.at + 11]! & 1) === 1 ? 20 : 12;
  return STEP.ethernet;
}

const VNI_VALID = 8;

/** RFC 7348. */
export function vxlan(p: Packet): number {
  if (!p.has(8)) return STEP.done;
  if ((p.bytes[p.at]! & VNI_VALID) === 0) return p.fail(FAULT.malformed);
  p.nextVni = p.view.getUint32(p.at + 4) >>> 8;
  p.at += 8;
  return STEP.ethernet;
}

/** RFC 8926. */
export function geneve(p: Packet): number {
  if (!p.has(8)) return STEP.done;
  const first = p.bytes[p.at]!;
  if (first >> 6 !== 0) return p.fail(FAULT.malformed);
  p.nextVni = p.view.getUint32(p.at + 4) >>> 8;
  p.type = p.view.getUint16(p.at + 2);
  p.at += 8 + (first & 0x3f) * 4;
  if (p.type === TYPE_BRIDGED) return STEP.ethernet;
  return p.type < FIRST_TYPE ? p.fail(FAULT.notIp) : STEP.type;
}
