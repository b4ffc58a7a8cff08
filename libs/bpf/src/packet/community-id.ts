import { hash } from 'node:crypto';
import { PROTO_ICMP, PROTO_ICMP6 } from './numbers.js';

/** Messages that answer each other (ICMP, ICMPv6): a conversation has one id whoever asked. */
const ANSWERS4 = new Map([[8, 0], [0, 8], [13, 14], [14, 13], [15, 16], [16, 15], [10, 9], [9, 10], [17, 18], [18, 17]]); // prettier-ignore
const ANSWERS6 = new Map([[128, 129], [129, 128], [133, 134], [134, 133], [135, 136], [136, 135], [130, 131], [131, 130], [139, 140], [140, 139], [144, 145], [145, 144]]); // prettier-ignore

const SEED_BYTES = 2;

/** What an id is made of. Addresses are words in wire order, IPv4 in word `at`. */
export interface CommunityTuple {
  readonly family: number;
  readonly words: Int32Array;
  readonly srcAt: number;
  readonly dstAt: number;
  readonly proto: number;
  readonly hasPorts: boolean;
  readonly sport: number;
  readonly dport: number;
  /** type << 8 | code; -1 = none. */
  readonly icmp: number;
}

const scratch = new Uint8Array(SEED_BYTES + 16 + 16 + 2 + 4);
const view = new DataView(scratch.buffer);

/**
 * Community ID v1, seed 0 (https://github.com/corelight/community-id-spec): the same for both directions of a conversation. Protocols without
 * ports, later fragments and headers cut short go by addresses and protocol alone.
 */
export function communityId({ family, words, srcAt, dstAt, proto, hasPorts, sport, dport, icmp }: CommunityTuple): string {
  const count = family === 4 ? 1 : 4;
  let [from, to] = [sport, dport];
  let oneWay = false;
  const isIcmp = icmp >= 0 && proto === (family === 4 ? PROTO_ICMP : PROTO_ICMP6);
  if (isIcmp) {
    const type = icmp >> 8;
    const answer = (family === 4 ? ANSWERS4 : ANSWERS6).get(type);
    oneWay = answer === undefined;
    [from, to] = [type, answer ?? icmp & 255];
  }
  let order = 0;
  for (let i = 0; i < count && order === 0; i++) order = (words[srcAt + i]! >>> 0) - (words[dstAt + i]! >>> 0);
  const swap = !oneWay && (order > 0 || (order === 0 && from > to));
  let at = SEED_BYTES;
  for (let i = 0; i < count; i++, at += 4) view.setInt32(at, words[(swap ? dstAt : srcAt) + i]!);
  for (let i = 0; i < count; i++, at += 4) view.setInt32(at, words[(swap ? srcAt : dstAt) + i]!);
  scratch[at] = proto;
  scratch[at + 1] = 0;
  at += 2;
  if (isIcmp || hasPorts) {
    view.setUint16(at, swap ? to : from);
    view.setUint16(at + 2, swap ? from : to);
    at += 4;
  }
  return `1:${hash('sha1', scratch.subarray(0, at), 'base64')}`;
}
