import { describe, expect, it } from 'vitest';
import { A, A6, B, B6, eth4, eth6, T, tcp4, U } from '../testing/crafted/crafted.js';
import * as f from '../testing/frames.js';
import { readFrames } from '../testing/read-frames.js';

const { PROTO } = f;
const fragment4 = (fragment: number, payload: Buffer, proto: number = PROTO.udp, src = A): Buffer =>
  eth4(f.ipv4({ src, dst: B, proto, fragment }, payload));
const fragment6 = (offset: number, more: boolean, payload: Buffer): Buffer =>
  eth6(f.ipv6(A6, B6, 44, f.fragment6(PROTO.udp, offset, more, payload)));
const rest = Buffer.alloc(48, 0x35);
const frames = (...list: Buffer[]) => list.map((frame, i) => ({ frame, us: i * 1e6 }));
const MINUTES_US = 60e6;

describe('FlowCache', () => {
  it('counts packets, bytes, times and flags of each direction', () => {
    const { flows } = readFrames([
      { frame: f.tcp4(A, 1000, B, 80, 2), us: 5e6 },
      { frame: f.tcp4(B, 80, A, 1000, 0x12), us: 6e6 },
      { frame: f.tcp4(A, 1000, B, 80, 0x10), us: 4e6 },
    ]);
    expect(flows).toMatchObject([
      { src: A, packets: 2, bytes: 120, firstUs: 4e6, lastUs: 5e6, tcpFlags: 0x12 },
      { src: B, packets: 1, bytes: 60, firstUs: 6e6, lastUs: 6e6, tcpFlags: 0x12 },
    ]);
    expect(flows[0]?.communityId).toBe(flows[1]?.communityId);
  });

  it('keeps VLANs, VNIs and tunnels apart', () => {
    const inner = f.tcp4(A, 1, B, 80);
    const tagged = (...ids: number[]): Buffer => {
      const [tags, last = 0] = [ids.slice(0, -1), ids.at(-1)];
      return f.ethernet(
        0x8100,
        tags.reduceRight((payload, id) => f.tag(id, 0x8100, payload), f.tag(last, 0x800, tcp4(1))),
      );
    };
    const { flows } = readFrames(
      frames(
        inner,
        tagged(5),
        tagged(6),
        tagged(5, 6, 7, 8),
        f.overVxlan(5, inner),
        f.overVxlan(6, inner),
        f.overVxlan(6, inner, T, '10.0.0.9'),
        inner,
      ),
    );
    expect(flows.map(({ vlan, vni, outer, packets }) => [vlan.join(), vni, outer?.dst, packets])).toEqual([
      ['', null, undefined, 2],
      ['5', null, undefined, 1],
      ['6', null, undefined, 1],
      ['5,6,7,8', null, undefined, 1],
      ['', 5, U, 1],
      ['', 6, U, 1],
      ['', 6, '10.0.0.9', 1],
    ]);
  });

  it('counts later fragments into the flow where the first was seen', () => {
    const { flows } = readFrames(frames(fragment4(0x2000, f.udp(53, 4000, rest)), fragment4(0x2007, rest), fragment4(0x000d, rest)));
    expect(flows).toMatchObject([{ sport: 53, dport: 4000, packets: 3 }]);
    expect(readFrames(frames(fragment6(0, true, f.udp(53, 4000)), fragment6(9, false, rest))).flows).toMatchObject([
      { sport: 53, packets: 2 },
    ]);
  });

  it('never gives ports to a later fragment of something else', () => {
    const first = fragment4(0x2000, f.udp(53, 4000, rest));
    for (const other of [fragment4(7, rest, PROTO.tcp), fragment4(7, rest, PROTO.udp, '192.0.2.9'), fragment6(7, false, rest)])
      expect(readFrames(frames(first, other)).flows).toMatchObject([{ packets: 1 }, { sport: 0, dport: 0, packets: 1, icmp: null }]);
    expect(readFrames([{ frame: first }, { frame: fragment4(7, rest), us: 2 * MINUTES_US }]).flows).toHaveLength(2);
    expect(readFrames(frames(fragment4(7, rest), first)).flows).toMatchObject([{ sport: 0 }, { sport: 53 }]);
  });

  it('counts fragments of a tunnel into the flow inside it', () => {
    const tunnel = (fragment: number, payload: Buffer): Buffer => eth4(f.ipv4({ src: T, dst: U, proto: PROTO.ipip, fragment }, payload));
    const { flows } = readFrames(frames(tunnel(0x2000, tcp4(7)), tunnel(5, rest)));
    expect(flows).toMatchObject([{ src: A, sport: 7, packets: 2, outer: { src: T, dst: U } }]);
  });

  it('holds many flows', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => ({ frame: f.tcp4(A, i, B, 80) }));
    const { flows } = readFrames([...many, ...many]);
    expect(flows).toHaveLength(20_000);
    expect(flows.every(({ packets, sport }, i) => packets === 2 && sport === i)).toBe(true);
  });
});
