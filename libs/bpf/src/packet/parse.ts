import { extension, ipv4, ipv6 } from './ip.js';
import { etherType, ethernet, llc, mpls, ppp, pppoe } from './link.js';
import { enterLink, LINK } from './link-type.js';
import { MAX_STEPS, PORT_GENEVE, PORT_VXLAN, PROTO_TCP, PROTO_UDP, TYPE_IPV4 } from './numbers.js';
import type { Packet } from './packet.js';
import { FAULT, STEP } from './step.js';
import { transport } from './transport.js';
import { geneve, gre, vxlan } from './tunnel.js';

/**
 * Reads a frame of `wire` bytes, of which `captured` lie in the packet's buffer from `at`, to its innermost IP header. The same as c/parse.h,
 * step by step, but that a file has link types, a snap length and every VLAN tag in band.
 */
export function parse(p: Packet, linkType: number, at: number, captured: number, wire: number): void {
  p.begin(at, captured, wire);
  if (linkType === LINK.ethernet && captured >= 54 && plain(p, at, captured, wire)) return;
  p.step = enterLink(p, linkType);
  for (let steps = 0; p.step !== STEP.done; steps++) {
    if (steps === MAX_STEPS) {
      p.fail(FAULT.tooDeep);
      return;
    }
    p.step = step(p);
  }
}

function step(p: Packet): number {
  switch (p.step) {
    case STEP.ethernet:
      return ethernet(p);
    case STEP.type:
      return etherType(p);
    case STEP.llc:
      return llc(p);
    case STEP.mpls:
      return mpls(p);
    case STEP.pppoe:
      return pppoe(p);
    case STEP.ppp:
      return ppp(p);
    case STEP.ipv4:
      return ipv4(p);
    case STEP.ipv6:
      return ipv6(p);
    case STEP.extension:
      return extension(p);
    case STEP.transport:
      return transport(p);
    case STEP.gre:
      return gre(p);
    case STEP.vxlan:
      return vxlan(p);
    case STEP.geneve:
      return geneve(p);
    default:
      return STEP.done;
  }
}

const VERSION_4_WITHOUT_OPTIONS = 0x45;
const FRAGMENT = 0x3fff;

/** The straight path, as c/fast.h: Ethernet, IPv4 without options, TCP or UDP, whole. False: nothing was touched. */
function plain(p: Packet, at: number, captured: number, wire: number): boolean {
  const { view, bytes } = p;
  if (view.getUint16(at + 12) !== TYPE_IPV4 || bytes[at + 14] !== VERSION_4_WITHOUT_OPTIONS) return false;
  const total = view.getUint16(at + 16);
  const proto = bytes[at + 23];
  if ((view.getUint16(at + 20) & FRAGMENT) !== 0 || total + 14 > (wire > captured ? wire : captured)) return false;
  const ports = view.getInt32(at + 34);
  if (proto === PROTO_TCP) {
    if (total < 40) return false;
    p.tcpFlags = bytes[at + 47]!;
  } else {
    const dport = ports & 0xffff;
    if (proto !== PROTO_UDP || total < 28 || dport === PORT_VXLAN || dport === PORT_GENEVE) return false;
  }
  p.family = 4;
  p.src[0] = view.getInt32(at + 26);
  p.dst[0] = view.getInt32(at + 30);
  p.proto = proto;
  p.hasPorts = true;
  p.sport = ports >>> 16;
  p.dport = ports & 0xffff;
  return true;
}
