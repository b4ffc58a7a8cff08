import * as f from '../frames.js';
import { A, A6, B, B6, eth4, eth6, is4, is6, type Crafted, type Want } from './crafted.js';

const { PROTO } = f;
const ip4 = (proto: number, payload: Buffer, fragment = 0): Buffer => eth4(f.ipv4({ src: A, dst: B, proto, fragment }, payload));
const ip6 = (proto: number, payload: Buffer): Buffer => eth6(f.ipv6(A6, B6, proto, payload));
const portless = (proto: number): Want => ({ sport: 0, dport: 0, proto, tcpFlags: 0, icmp: null, vni: null });
/** What an ICMP error quotes: never entered. */
const quoted = Buffer.concat([f.icmp(3, 1), f.ipv4({ src: B, dst: A, proto: PROTO.tcp }, f.tcp(80, 4000))]);

export const IP_FRAMES: Crafted[] = [
  { name: 'UDP', frame: f.udp4(A, 53, B, 54), want: { sport: 53, dport: 54, proto: 17, tcpFlags: 0 } },
  { name: 'UDP over IPv6', frame: ip6(PROTO.udp, f.udp(53, 54)), want: { src: A6, dst: B6, sport: 53, dport: 54, proto: 17 } },
  { name: 'SCTP', frame: ip4(PROTO.sctp, f.sctp(3, 4)), want: { sport: 3, dport: 4, proto: 132 } },
  { name: 'SCTP over IPv6', frame: ip6(PROTO.sctp, f.sctp(3, 4)), want: { sport: 3, dport: 4, proto: 132 } },
  { name: 'port 0', frame: f.tcp4(A, 0, B, 0), want: { sport: 0, dport: 0, proto: 6, tcpFlags: 2 } },
  { name: 'ICMP', frame: ip4(PROTO.icmp, f.icmp(3, 13)), want: { sport: 0, dport: 0, proto: 1, icmp: { type: 3, code: 13 } } },
  { name: 'ICMP echo reply', frame: ip4(PROTO.icmp, f.icmp(0)), want: { proto: 1, icmp: { type: 0, code: 0 } } },
  { name: 'ICMP error', frame: ip4(PROTO.icmp, quoted), want: { src: A, proto: 1, icmp: { type: 3, code: 1 }, outer: null } },
  { name: 'ICMPv6', frame: ip6(PROTO.icmp6, f.icmp(128)), want: { proto: 58, icmp: { type: 128, code: 0 } } },
  { name: 'ICMPv6 over IPv4', frame: ip4(PROTO.icmp6, f.icmp(128)), want: portless(58) },
  { name: 'ICMP over IPv6', frame: ip6(PROTO.icmp, f.icmp(8)), want: portless(1) },
  { name: 'another protocol', frame: ip4(89, Buffer.alloc(20, 7)), want: portless(89) },
  { name: 'ESP', frame: ip6(50, Buffer.alloc(40, 4)), want: portless(50) },
  { name: 'L2TP', frame: ip4(115, Buffer.concat([Buffer.alloc(4), f.tcp4(A, 1, B, 2)])), want: portless(115) },
  { name: 'IPv4 options', frame: eth4(f.ipv4({ src: A, dst: B, proto: PROTO.tcp, options: Buffer.alloc(40, 1) }, f.tcp(5, 80))), want: is4(5) },
  { name: 'no total length', frame: eth4(f.ipv4({ src: A, dst: B, proto: PROTO.tcp, total: 0 }, f.tcp(6, 80))), want: is4(6) },
  { name: 'first fragment', frame: ip4(PROTO.tcp, f.tcp(7, 80), 0x2000), want: is4(7) },
  { name: 'later fragment', frame: ip4(PROTO.tcp, f.tcp(8, 80), 0x2001), want: portless(6) },
  { name: 'last fragment', frame: ip4(PROTO.udp, f.udp(8, 80), 0x1fff), want: portless(17) },
  { name: 'later fragment of ICMP', frame: ip4(PROTO.icmp, f.icmp(8), 0x2001), want: portless(1) },
  { name: 'later fragment of a tunnel', frame: ip4(PROTO.ipip, f.ipv4({ src: A, dst: B, proto: 6 }, f.tcp(8, 80)), 0x0005), want: portless(4) },
  { name: 'hop-by-hop, routing, destination options', frame: ip6(0, f.extension(43, f.extension(60, f.extension(6, f.tcp(9, 80), 2), 1))), want: is6(9) },
  { name: 'authentication header', frame: ip6(51, f.authentication(6, f.tcp(10, 80))), want: is6(10) },
  { name: 'authentication header over IPv4', frame: ip4(51, f.authentication(6, f.tcp(11, 80))), want: is4(11) },
  { name: 'hop-by-hop over IPv4', frame: ip4(0, f.extension(6, f.tcp(12, 80))), want: portless(0) },
  { name: 'mobility header', frame: ip6(135, f.extension(59, Buffer.alloc(0))), want: portless(135) },
  { name: 'mobility header with a payload', frame: ip6(135, f.extension(6, f.tcp(13, 80))), want: is6(13) },
  { name: 'HIP', frame: ip6(139, f.extension(59, Buffer.alloc(0), 4)), want: portless(139) },
  { name: 'no next header', frame: ip6(0, f.extension(59, f.tcp(14, 80))), want: portless(59) },
  { name: 'first fragment of IPv6', frame: ip6(44, f.fragment6(6, 0, true, f.tcp(15, 80))), want: is6(15) },
  { name: 'atomic fragment', frame: ip6(44, f.fragment6(6, 0, false, f.tcp(16, 80))), want: is6(16) },
  { name: 'later fragment of IPv6', frame: ip6(44, f.fragment6(6, 5, false, f.tcp(17, 80))), want: portless(6) },
  { name: 'later fragment of ICMPv6', frame: ip6(44, f.fragment6(58, 5, false, f.icmp(128))), want: portless(58) },
  { name: 'a jumbogram', frame: eth6(f.ipv6(A6, B6, 0, f.extension(6, f.tcp(18, 80)), 0)), want: is6(18) },
]; // prettier-ignore
