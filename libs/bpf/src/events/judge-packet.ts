import type { ListLookup } from '../list/lookup.js';
import { PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../packet/numbers.js';
import type { Packet } from '../packet/packet.js';
import type { TapEvent } from '../tap.port.js';

/** What the watch list says of a packet, and where it matched. `rule` 0 = nothing. */
export type Verdict = Pick<TapEvent, 'rule' | 'matched' | 'matchedOuter'>;

/** As in c/watch.h and c/event.h: the source before the destination, the inside of a tunnel before the outside. */
export function judgePacket(lookup: ListLookup, p: Packet): Verdict {
  const hasPorts = p.proto === PROTO_TCP || p.proto === PROTO_UDP || p.proto === PROTO_SCTP;
  let rule = lookup.valueFor(p.family, p.src, p.proto, hasPorts ? p.sport : 0);
  if (rule !== 0) return { rule, matched: 'source', matchedOuter: false };
  rule = lookup.valueFor(p.family, p.dst, p.proto, hasPorts ? p.dport : 0);
  if (rule !== 0 || p.outerFamily === 0) return { rule, matched: 'destination', matchedOuter: false };
  rule = lookup.valueFor(p.outerFamily, p.outerSrc, p.outerProto, p.outerSport);
  if (rule !== 0) return { rule, matched: 'source', matchedOuter: true };
  rule = lookup.valueFor(p.outerFamily, p.outerDst, p.outerProto, p.outerDport);
  return { rule, matched: 'destination', matchedOuter: true };
}
