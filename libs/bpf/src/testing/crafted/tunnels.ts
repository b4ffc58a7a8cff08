import * as f from '../frames.js';
import {
  A, A6, B, B6, bytes, carried4, carried6, eth4, eth6, is4, is6, outer4, outer6, T, tcp4, tcp6, U, type Crafted, type Want,
} from './crafted.js'; // prettier-ignore

const { PROTO, TYPE } = f;
const inside4 = (sport: number, vni: number | null = null): Want => ({ ...is4(sport), vni, outer: outer4 });
const inside6 = (sport: number, vni: number | null = null): Want => ({ ...is6(sport), vni, outer: outer4 });
const unopened = (proto: number, dport = 0): Want => ({ src: T, dst: U, proto, dport, vni: null, vlan: [], outer: null });
/** GRE of any flags: `words` 32-bit words of options. */
const gre = (flags: number, version: number, type: number, words: number, payload: Buffer): Buffer =>
  Buffer.concat([bytes(flags, version, type >> 8, type & 255), Buffer.alloc(4 * words), payload]);
const overGre = (payload: Buffer): Buffer => carried4(PROTO.gre, payload);
const ppp = (payload: Buffer): Buffer => Buffer.concat([bytes(0xff, 3, 0, 0x21), payload]);
const overUdp = (dport: number, payload: Buffer): Buffer => f.udp4(T, 50000, U, dport, payload);
const overGeneve = (payload: Buffer): Buffer => overUdp(6081, payload);
/** Frame control to padding, then a frame. */
const tagged = (payload: Buffer): Buffer => f.ethernet(TYPE.vlan, f.tag(9, TYPE.ipv4, payload));

export const TUNNEL_FRAMES: Crafted[] = [
  { name: '4in4', frame: carried4(PROTO.ipip, tcp4(1)), want: inside4(1) },
  { name: '6in4', frame: carried4(PROTO.ipv6, tcp6(2)), want: inside6(2) },
  { name: '4in6', frame: carried6(PROTO.ipip, tcp4(3)), want: { ...is4(3), outer: outer6 } },
  { name: '6in6', frame: carried6(PROTO.ipv6, tcp6(4)), want: { ...is6(4), outer: outer6 } },
  { name: '4in6 behind an option (RFC 2473)', frame: carried6(60, f.extension(PROTO.ipip, tcp4(5))), want: { ...is4(5), outer: outer6 } },
  { name: 'IP in IP in IP: the outermost is the outer', frame: carried4(PROTO.ipv6, f.ipv6(A6, B6, PROTO.ipip, tcp4(6))), want: inside4(6) },
  { name: 'VXLAN', frame: f.overVxlan(77, f.tcp4(A, 7, B, 80)), want: inside4(7, 77) },
  { name: 'VXLAN, VNI 0', frame: f.overVxlan(0, f.tcp4(A, 8, B, 80)), want: inside4(8, 0) },
  { name: 'VXLAN over IPv6, tagged inside', frame: carried6(PROTO.udp, f.udp(1, 4789, f.vxlan(0xffffff, tagged(tcp4(9))))), want: { ...is4(9), vni: 0xffffff, vlan: [9], outer: outer6 } },
  { name: 'VXLAN, tagged outside and inside', frame: f.ethernet(TYPE.vlan, f.tag(5, TYPE.ipv4, f.overVxlan(6, tagged(tcp4(10))).subarray(14))), want: { ...inside4(10, 6), vlan: [5, 9] } },
  { name: 'IPv6 in VXLAN', frame: f.overVxlan(5, f.tcp6(A6, 11, B6, 80)), want: inside6(11, 5) },
  { name: 'VXLAN in VXLAN: the inner VNI', frame: f.overVxlan(5, f.overVxlan(6, f.tcp4(A, 12, B, 80), '10.1.0.1', '10.1.0.2')), want: inside4(12, 6) },
  { name: 'ARP in VXLAN: the outer flow', frame: f.overVxlan(5, f.ethernet(TYPE.arp, Buffer.alloc(28))), want: unopened(17, 4789) },
  { name: 'tagged ARP in VXLAN: the outer flow without the tag', frame: f.overVxlan(5, f.ethernet(TYPE.vlan, f.tag(9, TYPE.arp, Buffer.alloc(28)))), want: unopened(17, 4789) },
  { name: 'from the port of VXLAN, not to it', frame: f.udp4(T, 4789, U, 50000, f.vxlan(5, f.tcp4(A, 1, B, 2))), want: { ...unopened(17, 50000), sport: 4789 } },
  { name: 'Geneve with options', frame: overGeneve(f.geneve(8, TYPE.bridged, f.tcp4(A, 13, B, 80), 3)), want: inside4(13, 8) },
  { name: 'Geneve over IPv4', frame: overGeneve(f.geneve(8, TYPE.ipv4, tcp4(14))), want: inside4(14, 8) },
  { name: 'Geneve over IPv6', frame: overGeneve(f.geneve(8, TYPE.ipv6, tcp6(15))), want: inside6(15, 8) },
  { name: 'Geneve of a type that is none', frame: overGeneve(f.geneve(8, 40, tcp6(15))), want: unopened(17, 6081) },
  { name: 'GRE', frame: overGre(f.gre(TYPE.ipv4, tcp4(16))), want: inside4(16) },
  { name: 'GRE with a key', frame: overGre(f.gre(TYPE.ipv4, tcp4(17), true)), want: inside4(17) },
  { name: 'GRE with checksum, key and sequence', frame: overGre(gre(0xb0, 0, TYPE.ipv6, 3, tcp6(18))), want: inside6(18) },
  { name: 'GRE over IPv6', frame: carried6(PROTO.gre, f.gre(TYPE.ipv6, tcp6(19))), want: { ...is6(19), outer: outer6 } },
  { name: 'GRE, bridged', frame: overGre(f.gre(TYPE.bridged, eth4(tcp4(20)))), want: inside4(20) },
  { name: 'GRE over MPLS', frame: overGre(f.gre(TYPE.mpls, f.mpls(2, tcp4(21)))), want: inside4(21) },
  { name: 'GRE over PPP', frame: overGre(f.gre(0x880b, ppp(tcp4(22)))), want: inside4(22) },
  { name: 'PPTP', frame: overGre(gre(0x30, 0x81, 0x880b, 3, ppp(tcp4(23)))), want: inside4(23) },
  { name: 'PPTP, fields left out', frame: overGre(gre(0x20, 1, 0x880b, 1, Buffer.concat([bytes(0x21), tcp4(24)]))), want: inside4(24) },
  { name: 'PPTP acknowledgement', frame: overGre(gre(0x20, 0x81, 0x880b, 2, Buffer.alloc(0))), want: unopened(47) },
  { name: 'ERSPAN I', frame: overGre(gre(0, 0, 0x88be, 0, eth4(tcp4(25)))), want: inside4(25) },
  { name: 'ERSPAN II', frame: overGre(gre(0x10, 0, 0x88be, 3, eth4(tcp4(26)))), want: inside4(26) },
  { name: 'ERSPAN III', frame: overGre(gre(0x10, 0, 0x22eb, 4, eth4(tcp4(27)))), want: inside4(27) },
  { name: 'WCCP', frame: overGre(f.gre(0x883e, Buffer.concat([Buffer.alloc(4), tcp4(28)]))), want: inside4(28) },
  { name: 'WCCP, first version', frame: overGre(f.gre(0x883e, tcp4(29))), want: inside4(29) },
  { name: 'GRE of a type that is not read', frame: overGre(f.gre(0x6559, tcp4(1))), want: unopened(47) },
  { name: 'GRE with routing', frame: overGre(gre(0x40, 0, TYPE.ipv4, 1, tcp4(1))), want: unopened(47) },
  { name: 'ICMP error in a tunnel', frame: carried4(PROTO.ipip, f.ipv4({ src: A, dst: B, proto: 1 }, f.icmp(11))), want: { src: A, icmp: { type: 11, code: 0 }, outer: outer4 } },
  { name: 'first fragment of a tunnel', frame: eth4(f.ipv4({ src: T, dst: U, proto: PROTO.ipip, fragment: 0x2000 }, tcp4(30))), want: inside4(30) },
  { name: 'GTP', frame: overUdp(2152, Buffer.concat([bytes(0x30, 0xff, 0, 40, 0, 0, 0, 1), tcp4(1)])), want: unopened(17, 2152) },
  { name: 'Teredo', frame: overUdp(3544, tcp6(1)), want: unopened(17, 3544) },
  { name: 'L2TP', frame: overUdp(1701, Buffer.concat([bytes(0, 2, 0, 1, 0, 1, 0xff, 3, 0, 0x21), tcp4(1)])), want: unopened(17, 1701) },
  { name: 'NAT-T ESP', frame: overUdp(4500, Buffer.alloc(40, 0x45)), want: unopened(17, 4500) },
  { name: 'no IP in IP', frame: eth6(f.ipv6(A6, B6, 97, Buffer.concat([bytes(0x30, 0), eth4(tcp4(1))]))), want: { src: A6, proto: 97, outer: null } },
]; // prettier-ignore
