import { parseAddress } from '@guardpost/contracts';

/** Frames for tests, built from the inside out: each takes what it carries and gives bytes. */
export const TYPE = {
  ipv4: 0x0800,
  ipv6: 0x86dd,
  vlan: 0x8100,
  qinq: 0x88a8,
  qinqOld: 0x9100,
  mpls: 0x8847,
  pppoe: 0x8864,
  arp: 0x0806,
  lldp: 0x88cc,
  bddp: 0x8942,
  bridged: 0x6558,
} as const;
export const PROTO = { icmp: 1, ipip: 4, tcp: 6, udp: 17, ipv6: 41, gre: 47, icmp6: 58, sctp: 132 } as const;

const bytes = (...parts: number[]): Buffer => Buffer.from(parts);
const be16 = (value: number): number[] => [(value >> 8) & 255, value & 255];
const address = (text: string): Uint8Array => {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`${text} is no address`);
  return parsed;
};

/** Padded to 60 bytes, as on the wire, unless told otherwise. */
export const ethernet = (type: number, payload: Buffer, pad = true): Buffer => {
  const frame = Buffer.concat([bytes(2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, ...be16(type)), payload]);
  return pad && frame.length < 60 ? Buffer.concat([frame, Buffer.alloc(60 - frame.length)]) : frame;
};
/** What follows a TPID. */
export const tag = (id: number, type: number, payload: Buffer): Buffer => Buffer.concat([bytes(...be16(id), ...be16(type)), payload]);
export const mpls = (labels: number, payload: Buffer): Buffer =>
  Buffer.concat([...Array.from({ length: labels }, (_, i) => bytes(0, 1, i === labels - 1 ? 1 : 0, 64)), payload]);
export const pppoe = (protocol: number, payload: Buffer): Buffer =>
  Buffer.concat([bytes(0x11, 0, 0, 7, ...be16(payload.length + 2), ...be16(protocol)), payload]);

export interface Ipv4Fields {
  readonly src: string;
  readonly dst: string;
  readonly proto: number;
  /** Multiple of 4 bytes. */
  readonly options?: Buffer;
  /** Flags and offset as on the wire. */
  readonly fragment?: number;
  readonly total?: number;
  readonly ihl?: number;
}
export const ipv4 = ({ src, dst, proto, options = Buffer.alloc(0), fragment = 0, total, ihl }: Ipv4Fields, payload: Buffer): Buffer => {
  const header = 20 + options.length;
  const first = bytes(0x40 | (ihl ?? header / 4), 0, ...be16(total ?? header + payload.length), 0, 1, ...be16(fragment), 64, proto, 0, 0);
  return Buffer.concat([first, address(src), address(dst), options, payload]);
};
export const ipv6 = (src: string, dst: string, next: number, payload: Buffer, length = payload.length): Buffer =>
  Buffer.concat([bytes(0x60, 0, 0, 0, ...be16(length), next, 64), address(src), address(dst), payload]);
/** Hop-by-hop, destination options or routing header of 8 + 8 * `units` bytes. */
export const extension = (next: number, payload: Buffer, units = 0): Buffer =>
  Buffer.concat([bytes(next, units), Buffer.alloc(6 + 8 * units), payload]);
export const fragment6 = (next: number, offset: number, more: boolean, payload: Buffer): Buffer =>
  Buffer.concat([bytes(next, 0, ...be16((offset << 3) | (more ? 1 : 0)), 0, 0, 0, 9), payload]);
export const authentication = (next: number, payload: Buffer): Buffer => Buffer.concat([bytes(next, 4), Buffer.alloc(22), payload]);

export const tcp = (sport: number, dport: number, flags = 0x02): Buffer =>
  bytes(...be16(sport), ...be16(dport), 0, 0, 0, 1, 0, 0, 0, 0, 0x50, flags, 1, 0, 0, 0, 0, 0);
export const udp = (sport: number, dport: number, payload: Buffer = Buffer.alloc(4)): Buffer =>
  Buffer.concat([bytes(...be16(sport), ...be16(dport), ...be16(8 + payload.length), 0, 0), payload]);
export const sctp = (sport: number, dport: number): Buffer => Buffer.concat([bytes(...be16(sport), ...be16(dport)), Buffer.alloc(12)]);
export const icmp = (type: number, code = 0): Buffer => bytes(type, code, 0, 0, 0, 1, 0, 1);
export const vxlan = (vni: number, frame: Buffer, flags = 8): Buffer =>
  Buffer.concat([bytes(flags, 0, 0, 0, vni >> 16, ...be16(vni & 0xffff), 0), frame]);
export const geneve = (vni: number, type: number, payload: Buffer, optionWords = 0): Buffer =>
  Buffer.concat([bytes(optionWords, 0, ...be16(type), vni >> 16, ...be16(vni & 0xffff), 0), Buffer.alloc(4 * optionWords), payload]);
export const gre = (type: number, payload: Buffer, key = false): Buffer =>
  Buffer.concat([bytes(key ? 0x20 : 0, 0, ...be16(type)), Buffer.alloc(key ? 4 : 0), payload]);

/** A whole frame of plain TCP. */
export const tcp4 = (src: string, sport: number, dst: string, dport: number, flags?: number): Buffer =>
  ethernet(TYPE.ipv4, ipv4({ src, dst, proto: PROTO.tcp }, tcp(sport, dport, flags)));
export const udp4 = (src: string, sport: number, dst: string, dport: number, payload?: Buffer): Buffer =>
  ethernet(TYPE.ipv4, ipv4({ src, dst, proto: PROTO.udp }, udp(sport, dport, payload)));
export const tcp6 = (src: string, sport: number, dst: string, dport: number): Buffer =>
  ethernet(TYPE.ipv6, ipv6(src, dst, PROTO.tcp, tcp(sport, dport)));
export const overVxlan = (vni: number, frame: Buffer, src = '10.0.0.1', dst = '10.0.0.2'): Buffer =>
  udp4(src, 50000, dst, 4789, vxlan(vni, frame));
