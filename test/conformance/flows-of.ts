import type { TsharkFrame, TsharkLayer } from './tshark.js';

/** A flow by its key as one line of text, and what was counted of it. */
export interface Counted {
  packets: number;
  bytes: number;
  first: number;
  last: number;
  tcpFlags: number;
  communityIds: Set<string>;
}
export type Flows = Map<string, Counted>;

/** What lies between an IP header and the next one further in. A layer that is in none of these lists ends the reading. */
const BETWEEN = new Set(['eth', 'ethertype', 'llc', 'mpls', 'pppoes', 'ppp', 'gre', 'erspan', 'pwethcw', 'pwethheuristic', 'sll', 'fddi', 'raw', 'null']); // prettier-ignore

export interface Key {
  src: string;
  dst: string;
  sport: number;
  dport: number;
  proto: number;
  icmp: string;
  vlan: string;
  vni: string;
  outer: string;
}
export const keyText = (k: Key): string =>
  `${k.src} ${k.dst} ${k.sport} ${k.dport} ${k.proto} icmp=${k.icmp} vlan=${k.vlan} vni=${k.vni} outer=${k.outer}`;

interface Reading {
  key: Key | undefined;
  tcpFlags: number;
  /** Identity of each fragment header; the last is of a later fragment where `later` says so. */
  fragments: string[];
  later: boolean;
}

/** The innermost tuple of a frame by DESIGN 8, from tshark's layers. */
export function read(frame: TsharkFrame): Reading {
  const reading: Reading = { key: undefined, tcpFlags: 0, fragments: [], later: false };
  const vlan: string[] = [];
  let vni = '';
  let outer = '';
  const enter = ([src = '', dst = '']: readonly string[], proto: number): void => {
    if (reading.key !== undefined && outer === '') outer = `${reading.key.src}>${reading.key.dst}`;
    reading.key = { src, dst, sport: 0, dport: 0, proto, icmp: '', vlan: vlan.join(), vni, outer };
    reading.tcpFlags = 0;
  };
  const fragment = (id: string, later: boolean): boolean => {
    reading.fragments.push(`${reading.key?.src} ${reading.key?.dst} ${reading.key?.vlan} ${reading.key?.vni} ${id}`);
    return (reading.later = later);
  };
  const ports = (key: Key, [sport, dport]: readonly string[]): void => void ([key.sport, key.dport] = [Number(sport), Number(dport)]);
  for (const { name, fields } of frame.layers) {
    const { key } = reading;
    const [first = '', second = ''] = fields;
    if (name === 'vlan' || name === 'ieee8021ad') vlan.push(first);
    else if (name === 'vxlan' || name === 'geneve') vni = String(Number(first));
    else if (name === 'ip') {
      if (first === '' || second === '') break; // named, but not read whole
      enter(fields, Number(fields[2]));
      const [, , proto, offset, id, more] = fields;
      if ((Number(offset) !== 0 || isTrue(more)) && fragment(`${proto} ${id}`, Number(offset) !== 0)) break;
    } else if (name === 'ipv6') {
      if (first === '' || second === '') break;
      enter(fields, Number(fields[2]));
    } else if (key === undefined) continue;
    else if (name.startsWith('ipv6.') || name === 'ah') {
      if (first !== '') key.proto = Number(first);
      const [, offset, id, more] = fields;
      if (name === 'ipv6.fraghdr' && (Number(offset) !== 0 || isTrue(more)) && fragment(String(id), Number(offset) !== 0)) break;
    } else if (name === 'tcp') {
      ports(key, fields);
      reading.tcpFlags = Number(fields[2]) & 0xff;
      break;
    } else if (name === 'udp') ports(key, fields);
    else if (name === 'sctp') {
      ports(key, fields);
      break;
    } else if (name === 'icmp' || name === 'icmpv6') {
      if (first !== '') key.icmp = `${first}/${second}`;
      break;
    } else if (!BETWEEN.has(name)) break;
  }
  return reading;
}

const isTrue = (text: string | undefined): boolean => text === '1' || text === 'True';

/** Flows by the definition, from tshark's reading of each packet. */
export function flowsOf(frames: readonly TsharkFrame[]): { flows: Flows; otherPackets: number; otherBytes: number } {
  const flows: Flows = new Map();
  const firsts = new Map<string, Key>();
  let [otherPackets, otherBytes] = [0, 0];
  for (const frame of frames) {
    const { key, tcpFlags, fragments, later } = read(frame);
    if (key === undefined) {
      otherPackets++;
      otherBytes += frame.length;
      continue;
    }
    const of = (later ? firsts.get(fragments.at(-1) ?? '') : undefined) ?? key;
    for (const id of later ? fragments.slice(0, -1) : fragments) firsts.set(id, of);
    const name = keyText(of);
    const known = flows.get(name) ?? { packets: 0, bytes: 0, first: frame.us, last: frame.us, tcpFlags: 0, communityIds: new Set() };
    flows.set(name, known);
    known.packets++;
    known.bytes += frame.length;
    known.first = Math.min(known.first, frame.us);
    known.last = Math.max(known.last, frame.us);
    known.tcpFlags |= tcpFlags;
    if (frame.communityId !== undefined && of === key) known.communityIds.add(frame.communityId);
  }
  return { flows, otherPackets, otherBytes };
}

export type { TsharkLayer };
