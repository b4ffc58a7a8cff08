import { addressAt, serviceAt, vlansOf, vniOf } from '../layout/fields.js';
import { EVENT, TUPLE } from '../layout/offsets.generated.js';
import type { TapEvent } from '../tap.port.js';

const RULE_MASK = 0xff_ffff;
const RULE_DESTINATION = 0x8000_0000;
const RULE_OUTER = 0x4000_0000;
const EGRESS = 1;
/** Bytes of the two addresses of an Ethernet header, and of a tag. */
const ADDRESSES = 12;
const TAG = 4;

/** struct event (c/guard.h) and the bytes behind it. Undefined for a record that is none: another length, or no family. */
export function decodeEvent(view: DataView, at: number, length: number, nameOf: (ifindex: number) => string): TapEvent | undefined {
  if (length < EVENT.size || length !== EVENT.size + view.getUint16(at + EVENT.snapshot, true)) return undefined;
  const inner = at + EVENT.inner;
  const outer = at + EVENT.outer;
  const family = familyAt(view, inner);
  if (family === undefined) return undefined;
  const outerFamily = familyAt(view, outer);
  const proto = view.getUint8(inner + TUPLE.proto);
  const fragment = view.getUint8(inner + TUPLE.fragment) !== 0;
  const service = serviceAt(view, inner + TUPLE.sport, inner + TUPLE.dport, proto);
  const rule = view.getUint32(at + EVENT.rule, true);
  const ifindex = view.getUint32(at + EVENT.ifindex, true);
  return {
    bootNs: view.getBigUint64(at + EVENT.bootNs, true),
    ifindex,
    ifname: nameOf(ifindex),
    direction: view.getUint8(at + EVENT.direction) === EGRESS ? 'egress' : 'ingress',
    src: addressAt(view, inner + TUPLE.src, family),
    dst: addressAt(view, inner + TUPLE.dst, family),
    ...service,
    proto,
    vlan: vlansOf(view.getUint16(at + EVENT.vlan, true), view.getUint16(at + EVENT.vlan + 2, true)),
    vni: vniOf(view.getUint32(at + EVENT.vni, true)),
    outer:
      outerFamily === undefined
        ? null
        : { src: addressAt(view, outer + TUPLE.src, outerFamily), dst: addressAt(view, outer + TUPLE.dst, outerFamily) },
    rule: rule & RULE_MASK,
    generation: view.getUint32(at + EVENT.generation, true),
    matched: (rule & RULE_DESTINATION) === 0 ? 'source' : 'destination',
    matchedOuter: (rule & RULE_OUTER) !== 0,
    length: view.getUint32(at + EVENT.length, true),
    tcpFlags: view.getUint8(inner + TUPLE.tcpFlags),
    fragment,
    later: view.getUint8(at + EVENT.later) !== 0,
    frame: frameAt(view, at, length - EVENT.size),
  };
}

/** A copy, with the tag put back that the kernel took out. */
function frameAt(view: DataView, at: number, length: number): Buffer | null {
  if (length === 0) return null;
  const bytes = Buffer.from(new Uint8Array(view.buffer, view.byteOffset + at + EVENT.size, length));
  if (view.getUint16(at + EVENT.tagType) === 0 || length < ADDRESSES) return bytes;
  const tag = new Uint8Array(view.buffer, view.byteOffset + at + EVENT.tagType, TAG);
  return Buffer.concat([bytes.subarray(0, ADDRESSES), tag, bytes.subarray(ADDRESSES)]);
}

function familyAt(view: DataView, tuple: number): 4 | 6 | undefined {
  const family = view.getUint8(tuple + TUPLE.family);
  return family === 4 || family === 6 ? family : undefined;
}
