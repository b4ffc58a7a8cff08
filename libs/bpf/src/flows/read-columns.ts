import { FLOW, FLOW4, FLOW6, KEY4, KEY6 } from '../layout/offsets.generated.js';
import type { WritableColumns } from './flow-columns.js';
import type { Jiffies } from './jiffies.js';

const VLAN_PRESENT = 0x1000;
const ICMP = 1;
const ICMP6 = 58;

/** Words (4 bytes) of a slot of c/guard.h; the machine's order is little endian. */
const W = {
  generation: FLOW.generation / 4,
  rule: FLOW.rule / 4,
  packets: FLOW.packets / 4,
  bytes: FLOW.bytes / 4,
  first: FLOW.first / 4,
  last: FLOW.last / 4,
  sequence: FLOW.sequence / 4,
  /** tcp_flags, pad, inner_vlan. */
  flags: FLOW.tcpFlags / 4,
} as const;
const KEYS = {
  4: { slot: FLOW4.size / 4, key: FLOW4.key / 4, src: KEY4.src / 4, dst: KEY4.dst / 4, ports: KEY4.sport / 4, kind: KEY4.proto / 4, ifindex: KEY4.ifindex / 4, vni: KEY4.vni / 4 },
  6: { slot: FLOW6.size / 4, key: FLOW6.key / 4, src: KEY6.src / 4, dst: KEY6.dst / 4, ports: KEY6.sport / 4, kind: KEY6.proto / 4, ifindex: KEY6.ifindex / 4, vni: KEY6.vni / 4 },
} as const; // prettier-ignore

/** Readings of a slot that changes owner all the while; after that it is left out, and its last owner is in the evicted ring. */
const MAX_TRIES = 4;

const swap = (x: number): number => (x << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24);
const tagOf = (tag: number): number => ((tag & VLAN_PRESENT) === 0 ? -1 : tag & 0xfff);

/**
 * Puts slots in use (with `matchedOnly`, those with a rule), from the one at word `from`, behind the rows that are there. Returns where
 * there was no more room, or the end.
 */
export function readColumns(
  words: Int32Array,
  from: number,
  family: 4 | 6,
  matchedOnly: boolean,
  jiffies: Jiffies,
  to: WritableColumns,
): number {
  let row = to.count;
  const key = KEYS[family];
  const addressWords = family === 4 ? 1 : 4;
  const { bootNs, now, tick } = jiffies.reading;
  const { src, dst } = to;
  const room = to.family.length;
  let at = from;
  for (; at < words.length; at += key.slot) {
    if (words[at + W.packets] === 0 && words[at + W.packets + 1] === 0) continue;
    if (matchedOnly && words[at + W.rule] === 0) continue;
    if (row === room) break;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      // The sequence is odd while the slot changes owner, and another afterwards (the writer's side is change_owner in c/flow.h).
      const sequence = Atomics.load(words, at + W.sequence);
      if ((sequence & 1) !== 0) continue;
      const keyAt = at + key.key;
      for (let i = 0; i < 4; i++) {
        src[4 * row + i] = i < addressWords ? swap(words[keyAt + key.src + i]!) : 0;
        dst[4 * row + i] = i < addressWords ? swap(words[keyAt + key.dst + i]!) : 0;
      }
      const ports = swap(words[keyAt + key.ports]!);
      const kind = words[keyAt + key.kind]!; // proto, direction, vlan
      const proto = kind & 0xff;
      const isIcmp = proto === ICMP || proto === ICMP6;
      const flags = words[at + W.flags]!;
      const vni = words[keyAt + key.vni]!;
      to.family[row] = family;
      to.sport[row] = isIcmp ? 0 : ports >>> 16;
      to.dport[row] = isIcmp ? 0 : ports & 0xffff;
      // The first port says that type and code were read: 0, 0 would look like none.
      to.icmp[row] = isIcmp && ports >>> 16 !== 0 ? ports & 0xffff : -1;
      to.proto[row] = proto;
      to.egress[row] = (kind >>> 8) & 1;
      to.vlan[row] = tagOf(kind >>> 16);
      to.ifindex[row] = words[keyAt + key.ifindex]!;
      to.vni[row] = vni < 0 ? vni & 0xff_ffff : -1;
      to.innerVlan[row] = tagOf(flags >>> 16);
      to.tcpFlags[row] = flags & 0xff;
      to.rule[row] = words[at + W.rule]! & 0xff_ffff;
      to.generation[row] = words[at + W.generation]! & 0x7fff_ffff;
      to.packets[row] = (words[at + W.packets]! >>> 0) + words[at + W.packets + 1]! * 2 ** 32;
      to.bytes[row] = (words[at + W.bytes]! >>> 0) + words[at + W.bytes + 1]! * 2 ** 32;
      to.firstBootNs[row] = bootNs - ((now - words[at + W.first]!) | 0) * tick;
      to.lastBootNs[row] = bootNs - ((now - words[at + W.last]!) | 0) * tick;
      if (Atomics.load(words, at + W.sequence) !== sequence) continue;
      if (to.packets[row]! > 0) row++;
      break;
    }
  }
  to.count = row;
  return at;
}
