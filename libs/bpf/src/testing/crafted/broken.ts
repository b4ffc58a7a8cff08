import * as f from '../frames.js';
import { A, A6, B, B6, carried4, eth4, eth6, T, tcp4, type Crafted } from './crafted.js';

const { PROTO, TYPE } = f;
const tcp = (fields: Partial<f.Ipv4Fields>): Buffer => eth4(f.ipv4({ src: A, dst: B, proto: 6, ...fields }, f.tcp(1, 2)));
const truncated = 'truncated';
const malformed = 'malformed';
const tooDeep = 'tooDeep';
const portless = { sport: 0, dport: 0, tcpFlags: 0 };

/** Behind a tag where IPv4 is cut short: the kernel's test run itself refuses an IPv4 frame of less than an IPv4 header. */
export const BROKEN_FRAMES: Crafted[] = [
  { name: 'an IPv4 header cut short', frame: f.ethernet(TYPE.vlan, f.tag(1, TYPE.ipv4, Buffer.alloc(6, 0x45)), false), want: null, fault: truncated },
  { name: 'an IPv6 header cut short', frame: f.ethernet(TYPE.vlan, f.tag(1, TYPE.ipv6, Buffer.alloc(39, 0x60)), false), want: null, fault: truncated },
  { name: 'a tag cut short', frame: f.ethernet(TYPE.vlan, Buffer.alloc(3), false), want: null, fault: truncated },
  { name: 'labels without a bottom', frame: f.ethernet(TYPE.mpls, Buffer.alloc(40), false), want: null, fault: truncated },
  { name: 'LLC cut short', frame: f.ethernet(40, Buffer.from([0xaa, 0xaa]), false), want: null, fault: truncated },
  { name: 'LLC longer than its length', frame: f.ethernet(10, Buffer.concat([Buffer.from([0xaa, 0xaa, 3, 0, 0, 0, 8, 0]), tcp4(1)])), want: null, fault: truncated },
  { name: 'SNAP with a length for a type', frame: f.ethernet(40, Buffer.concat([Buffer.from([0xaa, 0xaa, 3, 0, 0, 0, 0, 40]), tcp4(1)])), want: null, fault: malformed },
  { name: 'PPPoE version 2', frame: f.ethernet(TYPE.pppoe, Buffer.concat([Buffer.from([0x21, 0, 0, 7, 0, 42, 0, 0x21]), tcp4(1)])), want: null, fault: malformed },
  { name: 'PPPoE longer than its length', frame: f.ethernet(TYPE.pppoe, Buffer.concat([Buffer.from([0x11, 0, 0, 7, 0, 12, 0, 0x21]), tcp4(1)])), want: null, fault: truncated },
  { name: 'IHL 4', frame: tcp({ ihl: 4 }), want: null, fault: malformed },
  { name: 'version 5', frame: eth4(Buffer.concat([Buffer.from([0x55]), tcp4(1).subarray(1)])), want: null, fault: malformed },
  { name: 'version 4 in IPv6', frame: eth6(Buffer.concat([Buffer.from([0x40]), f.ipv6(A6, B6, 6, f.tcp(1, 2)).subarray(1)])), want: null, fault: malformed },
  { name: 'total length below the header', frame: tcp({ total: 19 }), want: null, fault: malformed },
  { name: 'padding is not ports', frame: tcp({ total: 20 }), want: portless, fault: truncated },
  { name: 'half of the ports', frame: tcp({ total: 22 }), want: portless, fault: truncated },
  { name: 'options beyond the total length', frame: tcp({ total: 24, ihl: 6 }), want: portless, fault: truncated },
  { name: 'a total length beyond the frame', frame: tcp({ total: 1500, options: Buffer.alloc(4, 1) }), want: { sport: 1, dport: 2 }, fault: truncated },
  { name: 'a TCP header cut after the ports', frame: eth4(f.ipv4({ src: A, dst: B, proto: 6, fragment: 0x2000 }, f.tcp(1, 2).subarray(0, 8))), want: { sport: 1, dport: 2, tcpFlags: 0 }, fault: truncated },
  { name: 'ICMP of one byte', frame: eth4(f.ipv4({ src: A, dst: B, proto: 1 }, Buffer.from([8]))), want: { ...portless, proto: 1, icmp: null }, fault: truncated },
  { name: 'an extension header cut short', frame: f.ethernet(TYPE.ipv6, f.ipv6(A6, B6, 0, Buffer.from([6, 9])), false), want: { src: A6, ...portless }, fault: truncated },
  { name: 'an extension header beyond the frame', frame: eth6(f.ipv6(A6, B6, 0, f.extension(6, f.tcp(1, 2)).fill(255, 1, 2))), want: portless, fault: truncated },
  { name: 'a fragment header cut short', frame: eth6(f.ipv6(A6, B6, 44, Buffer.from([6, 0, 0, 0]))), want: { ...portless, proto: 44 }, fault: truncated },
  { name: 'a payload length beyond the frame', frame: eth6(f.ipv6(A6, B6, 60, f.extension(6, f.tcp(1, 2)), 1400)), want: { sport: 1, dport: 2 }, fault: truncated },
  { name: 'a VXLAN header cut short', frame: f.udp4(A, 1, B, 4789, Buffer.alloc(3)), want: { dport: 4789 }, fault: truncated },
  { name: 'no VXLAN on its port: the outer flow', frame: f.udp4(A, 27, B, 4789, f.vxlan(5, f.tcp4(A, 1, B, 2), 0)), want: { sport: 27, dport: 4789, vni: null }, fault: malformed },
  { name: 'Geneve version 1', frame: f.udp4(A, 1, B, 6081, Buffer.concat([Buffer.from([0x40, 0, 0x65, 0x58, 0, 0, 1, 0]), f.tcp4(A, 1, B, 2)])), want: { dport: 6081, vni: null }, fault: malformed },
  { name: 'GRE cut short', frame: carried4(PROTO.gre, Buffer.from([0x20, 0, 8, 0])), want: { src: T, proto: 47 }, fault: truncated },
  { name: 'a broken packet in VXLAN: the outer flow', frame: f.overVxlan(5, tcp({ ihl: 3 })), want: { src: T, vni: null, outer: null }, fault: malformed },
  { name: 'IPv6 that says it is IPv4 in IP', frame: carried4(PROTO.ipv6, tcp4(1)), want: { src: T, proto: 41 }, fault: malformed },
  { name: 'tunnels without end', frame: tunnels(40), want: { proto: 4 }, fault: tooDeep },
  { name: 'extension headers without end', frame: eth6(f.ipv6(A6, B6, 60, extensions(60))), want: { src: A6, ...portless }, fault: tooDeep },
  { name: 'tags without end', frame: f.ethernet(TYPE.vlan, Buffer.concat(Array.from({ length: 60 }, () => Buffer.from([0, 1, 0x81, 0])))), want: null, fault: tooDeep },
  { name: 'labels without end', frame: f.ethernet(TYPE.mpls, f.mpls(60, tcp4(1))), want: null, fault: tooDeep },
]; // prettier-ignore

function tunnels(depth: number): Buffer {
  let packet: Buffer = tcp4(1);
  for (let i = 0; i < depth; i++) packet = f.ipv4({ src: A, dst: B, proto: PROTO.ipip }, packet);
  return eth4(packet);
}

function extensions(count: number): Buffer {
  let packet: Buffer = f.tcp(1, 2);
  for (let i = 0; i < count; i++) packet = f.extension(i === 0 ? 6 : 60, packet);
  return packet;
}
