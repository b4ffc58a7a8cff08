import {
  PROTO_AH,
  PROTO_DESTINATION,
  PROTO_FRAGMENT,
  PROTO_HIP,
  PROTO_HOP_BY_HOP,
  PROTO_MOBILITY,
  PROTO_NONE,
  PROTO_ROUTING,
  PROTO_SHIM6,
} from './numbers.js';
import type { Packet } from './packet.js';
import { FAULT, STEP } from './step.js';

const MORE_FRAGMENTS = 0x2000;
const FRAGMENT_OFFSET = 0x1fff;

export function ipv4(p: Packet): number {
  if (!p.has(20)) return STEP.done;
  const { bytes, view, at } = p;
  const header = (bytes[at]! & 15) * 4;
  const total = view.getUint16(at + 2);
  // A total length of 0: segmentation was left to the card, or a packet beyond 64 KiB.
  if (bytes[at]! >> 4 !== 4 || header < 20 || (total !== 0 && total < header)) return p.fail(FAULT.malformed);
  p.enter(4);
  p.src[0] = view.getInt32(at + 12);
  p.dst[0] = view.getInt32(at + 16);
  p.proto = bytes[at + 9]!;
  if (total !== 0) p.narrow(at + total);
  p.at += header;
  const fragment = view.getUint16(at + 6);
  const later = (fragment & FRAGMENT_OFFSET) !== 0;
  if (later || (fragment & MORE_FRAGMENTS) !== 0) p.fragmentOf(view.getUint16(at + 4), p.proto, later);
  if (later) return STEP.done;
  return p.proto === PROTO_AH ? STEP.extension : STEP.transport;
}

export function ipv6(p: Packet): number {
  if (!p.has(40)) return STEP.done;
  const { bytes, view, at } = p;
  if (bytes[at]! >> 4 !== 6) return p.fail(FAULT.malformed);
  p.enter(6);
  for (let i = 0; i < 4; i++) {
    p.src[i] = view.getInt32(at + 8 + 4 * i);
    p.dst[i] = view.getInt32(at + 24 + 4 * i);
  }
  p.proto = bytes[at + 6]!;
  p.at += 40;
  const length = view.getUint16(at + 4);
  if (length !== 0) p.narrow(p.at + length); // 0: jumbogram, or nothing
  return STEP.extension;
}

/** RFC 8200 4.1, and those that IANA lists besides: AH (also behind IPv4), mobility, HIP, Shim6. Inside ESP nothing can be read. */
const isExtension = (proto: number): boolean =>
  proto === PROTO_HOP_BY_HOP ||
  proto === PROTO_ROUTING ||
  proto === PROTO_FRAGMENT ||
  proto === PROTO_AH ||
  proto === PROTO_DESTINATION ||
  stands(proto);
/** Extension headers that are what the packet is about where nothing follows them. */
const stands = (proto: number): boolean => proto === PROTO_MOBILITY || proto === PROTO_HIP || proto === PROTO_SHIM6;

export function extension(p: Packet): number {
  const kind = p.proto;
  if (p.family === 4 ? kind !== PROTO_AH : !isExtension(kind)) return STEP.transport;
  if (!p.has(kind === PROTO_FRAGMENT ? 8 : 4)) return STEP.done;
  const { bytes, at } = p;
  const next = bytes[at]!;
  if (next === PROTO_NONE && stands(kind)) return STEP.done;
  p.proto = next;
  if (kind !== PROTO_FRAGMENT) {
    p.at += kind === PROTO_AH ? (bytes[at + 1]! + 2) * 4 : (bytes[at + 1]! + 1) * 8;
    return STEP.extension;
  }
  p.at += 8;
  const fragment = p.view.getUint16(at + 2);
  const later = (fragment & 0xfff8) !== 0;
  if (later || (fragment & 1) !== 0) p.fragmentOf(p.view.getInt32(at + 4), 0, later);
  return later ? STEP.done : STEP.extension;
}
