import type { IpPrefix } from '@guardpost/contracts';
import type { Packet } from '../packet/packet.js';

/** Which packets are wanted: all that is said must hold, of one header pair of the packet, the innermost or the outermost. */
export interface PacketMatch {
  /** Of either end. */
  readonly prefix?: IpPrefix | undefined;
  /** IANA number. */
  readonly proto?: number | undefined;
  /** Of either end. */
  readonly port?: number | undefined;
}

export const PORT_PROTOCOLS: readonly number[] = [6, 17, 132];

/** Words in wire order and their masks. */
export const wordsOf = ({ bytes, length }: IpPrefix): { word: number; mask: number }[] =>
  Array.from({ length: bytes.length / 4 }, (_, i) => {
    const bits = Math.min(32, Math.max(0, length - 32 * i));
    const word = (bytes[4 * i]! << 24) | (bytes[4 * i + 1]! << 16) | (bytes[4 * i + 2]! << 8) | bytes[4 * i + 3]! | 0;
    return { word, mask: bits === 0 ? 0 : -1 << (32 - bits) };
  });

/** The predicate over a frame that was parsed. Without a condition everything is wanted, frames without an IP header among it. */
export function packetMatcher({ prefix, proto, port }: PacketMatch): (p: Packet) => boolean {
  if (prefix === undefined && proto === undefined && port === undefined) return () => true;
  const words = prefix === undefined ? [] : wordsOf(prefix);
  const within = (family: number, address: Int32Array): boolean =>
    family === prefix?.family && words.every(({ word, mask }, i) => ((address[i]! ^ word) & mask) === 0);
  const holds = (family: number, src: Int32Array, dst: Int32Array, of: number, ports: boolean, sport: number, dport: number): boolean =>
    family !== 0 &&
    (proto === undefined || of === proto) &&
    (port === undefined || (ports && (sport === port || dport === port))) &&
    (prefix === undefined || within(family, src) || within(family, dst));
  return (p) =>
    holds(p.family, p.src, p.dst, p.proto, p.hasPorts, p.sport, p.dport) ||
    holds(p.outerFamily, p.outerSrc, p.outerDst, p.outerProto, PORT_PROTOCOLS.includes(p.outerProto), p.outerSport, p.outerDport);
}
