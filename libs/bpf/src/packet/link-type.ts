import type { Packet } from './packet.js';
import { FAULT, STEP } from './step.js';
import { framedPpp } from './tunnel.js';

/** Link types of capture files (https://www.tcpdump.org/linktypes.html). */
export const LINK = {
  null: 0,
  ethernet: 1,
  ppp: 9,
  fddi: 10,
  rawBsd: 12,
  rawOpenBsd: 14,
  pppHdlc: 50,
  pppEther: 51,
  raw: 101,
  ciscoHdlc: 104,
  loop: 108,
  linuxSll: 113,
  pppWithDirection: 204,
  ipv4: 228,
  ipv6: 229,
  linuxSll2: 276,
} as const;

const known: ReadonlySet<number> = new Set(Object.values(LINK));
export const isReadable = (linkType: number): boolean => known.has(linkType);

/** The first step of a frame of a link type. */
export function enterLink(p: Packet, linkType: number): number {
  p.step = STEP.link;
  switch (linkType) {
    case LINK.ethernet:
      return STEP.ethernet;
    case LINK.raw:
    case LINK.rawBsd:
    case LINK.rawOpenBsd:
      return rawIp(p);
    case LINK.ipv4:
      return STEP.ipv4;
    case LINK.ipv6:
      return STEP.ipv6;
    case LINK.null:
    case LINK.loop:
      return loopback(p, linkType === LINK.loop);
    case LINK.linuxSll:
      return sll(p, 16, 14, 2);
    case LINK.linuxSll2:
      return sll(p, 20, 0, 8);
    case LINK.pppWithDirection:
      p.at += 1;
      return framedPpp(p);
    case LINK.ppp:
    case LINK.pppHdlc:
    case LINK.ciscoHdlc:
      return hdlc(p);
    case LINK.pppEther:
      return STEP.pppoe;
    case LINK.fddi:
      return fddi(p);
    default:
      return p.fail(FAULT.notIp);
  }
}

function rawIp(p: Packet): number {
  if (!p.has(1)) return STEP.done;
  const version = p.bytes[p.at]! >> 4;
  return version === 4 ? STEP.ipv4 : version === 6 ? STEP.ipv6 : p.fail(FAULT.malformed);
}

const AF_INET = 2;
/** Of NetBSD and Linux, FreeBSD, Darwin. */
const isInet6 = (family: number): boolean => family === 10 || family === 24 || family === 28 || family === 30;

/** A protocol family in the order of the machine that captured: families are small, so the order shows. OpenBSD's is in network order. */
function loopback(p: Packet, network: boolean): number {
  if (!p.has(4)) return STEP.done;
  const swapped = p.view.getUint32(p.at, true);
  const family = network || swapped > 0xffff ? p.view.getUint32(p.at) : swapped;
  p.at += 4;
  return family === AF_INET ? STEP.ipv4 : isInet6(family) ? STEP.ipv6 : p.fail(FAULT.notIp);
}

const ARPHRD_NETLINK = 824;
const ETH_P_802_2 = 4;
const FIRST_ETHERTYPE = 0x600;

/** Linux cooked captures: `header` bytes, the protocol and the device's type at these places. */
function sll(p: Packet, header: number, protocolAt: number, hardwareAt: number): number {
  if (!p.has(header)) return STEP.done;
  const protocol = p.view.getUint16(p.at + protocolAt);
  const hardware = p.view.getUint16(p.at + hardwareAt);
  p.at += header;
  if (hardware === ARPHRD_NETLINK) return p.fail(FAULT.notIp);
  if (protocol === ETH_P_802_2) return STEP.llc;
  if (protocol < FIRST_ETHERTYPE) return p.fail(FAULT.notIp);
  p.type = protocol;
  return STEP.type;
}

const HDLC_UNICAST = 0x0f;
const HDLC_MULTICAST = 0x8f;

/** Cisco's framing carries an Ethernet type, RFC 1662's a PPP protocol: the address tells, whatever the link type says. */
function hdlc(p: Packet): number {
  if (!p.has(4)) return STEP.done;
  const address = p.bytes[p.at]!;
  if (address !== HDLC_UNICAST && address !== HDLC_MULTICAST) return framedPpp(p);
  p.type = p.view.getUint16(p.at + 2);
  p.at += 4;
  return p.type < FIRST_ETHERTYPE ? p.fail(FAULT.notIp) : STEP.type;
}

/** Frame control and two addresses; of its frames, those of LLC. */
function fddi(p: Packet): number {
  if (!p.has(13)) return STEP.done;
  const isLlc = (p.bytes[p.at]! & 0x70) === 0x50;
  p.at += 13;
  return isLlc ? STEP.llc : p.fail(FAULT.notIp);
}
