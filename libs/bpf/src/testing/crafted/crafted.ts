import type { FlowRecord } from '../../file/flow-record.js';
import * as f from '../frames.js';

/** A frame of our own and what it must become, in the kernel and in TypeScript. */
export interface Crafted {
  readonly name: string;
  readonly frame: Buffer;
  /** Null: in no flow. */
  readonly want: Want | null;
  readonly fault?: 'truncated' | 'malformed' | 'tooDeep';
}
export type Want = Partial<Pick<FlowRecord, 'src' | 'dst' | 'sport' | 'dport' | 'proto' | 'tcpFlags' | 'icmp' | 'vlan' | 'vni' | 'outer'>>;

export const A = '192.0.2.1';
export const B = '198.51.100.2';
export const A6 = '2001:db8::1';
export const B6 = '2001:db8::2';
/** Ends of tunnels. */
export const T = '10.0.0.1';
export const U = '10.0.0.2';
export const T6 = '2001:db8:ffff::1';
export const U6 = '2001:db8:ffff::2';

export const tcp4 = (sport: number): Buffer => f.ipv4({ src: A, dst: B, proto: f.PROTO.tcp }, f.tcp(sport, 80));
export const tcp6 = (sport: number): Buffer => f.ipv6(A6, B6, f.PROTO.tcp, f.tcp(sport, 80));
export const is4 = (sport: number): Want => ({ src: A, dst: B, sport, dport: 80, proto: 6, tcpFlags: 2, vni: null, icmp: null });
export const is6 = (sport: number): Want => ({ ...is4(sport), src: A6, dst: B6 });
export const outer4 = { src: T, dst: U };
export const outer6 = { src: T6, dst: U6 };

export const eth4 = (payload: Buffer): Buffer => f.ethernet(f.TYPE.ipv4, payload);
export const eth6 = (payload: Buffer): Buffer => f.ethernet(f.TYPE.ipv6, payload);
/** An IPv4 packet between the ends of a tunnel. */
export const carried4 = (proto: number, payload: Buffer): Buffer => eth4(f.ipv4({ src: T, dst: U, proto }, payload));
export const carried6 = (proto: number, payload: Buffer): Buffer => eth6(f.ipv6(T6, U6, proto, payload));
export const bytes = (...parts: number[]): Buffer => Buffer.from(parts);
