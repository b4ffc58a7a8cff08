import {
  PORT_GENEVE,
  PORT_VXLAN,
  PROTO_GRE,
  PROTO_ICMP,
  PROTO_ICMP6,
  PROTO_IPIP,
  PROTO_IPV6,
  PROTO_SCTP,
  PROTO_TCP,
  PROTO_UDP,
} from './numbers.js';
import type { Packet } from './packet.js';
import { FAULT, STEP } from './step.js';
import { tunnel } from './tunnel.js';

const UDP_HEADER = 8;
const SCTP_HEADER = 12;
const TCP_HEADER = 20;
const TCP_FLAGS_AT = 13;

export function transport(p: Packet): number {
  switch (p.proto) {
    case PROTO_TCP:
      return ports(p, TCP_HEADER);
    case PROTO_UDP:
      return ports(p, UDP_HEADER);
    case PROTO_SCTP:
      return ports(p, SCTP_HEADER);
    case PROTO_ICMP:
      return p.family === 4 ? icmp(p) : STEP.done;
    case PROTO_ICMP6:
      return p.family === 6 ? icmp(p) : STEP.done;
    case PROTO_IPIP:
      return tunnel(p, STEP.ipv4);
    case PROTO_IPV6:
      return tunnel(p, STEP.ipv6);
    case PROTO_GRE:
      return tunnel(p, STEP.gre);
    default:
      return STEP.done;
  }
}

function icmp(p: Packet): number {
  if (p.has(2)) p.icmp = p.view.getUint16(p.at);
  return STEP.done;
}

/** The ports count where they are there, though the rest of the header is not. */
function ports(p: Packet, header: number): number {
  if (!p.has(4)) return STEP.done;
  const { at, view } = p;
  p.hasPorts = true;
  p.sport = view.getUint16(at);
  p.dport = view.getUint16(at + 2);
  if (p.at + header > p.limit) p.fault = FAULT.truncated;
  else if (p.at + header > p.end) p.fault = FAULT.snapped;
  if (p.fault !== FAULT.none) p.layer = p.step;
  if (p.proto === PROTO_TCP && at + TCP_FLAGS_AT < p.limit && at + TCP_FLAGS_AT < p.end) p.tcpFlags = p.bytes[at + TCP_FLAGS_AT]!;
  if (p.proto !== PROTO_UDP) return STEP.done;
  p.at += UDP_HEADER;
  if (p.dport === PORT_VXLAN) return tunnel(p, STEP.vxlan);
  return p.dport === PORT_GENEVE ? tunnel(p, STEP.geneve) : STEP.done;
}
