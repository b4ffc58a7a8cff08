import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCounters } from '../flows/counters.js';
import { FlowTable } from '../flows/flow-table.js';
import { Jiffies } from '../flows/jiffies.js';
import type { BpfObject } from '../libbpf/bpf-object.js';
import { testRun } from '../libbpf/test-run.js';
import type { FlowSample, TapCounters } from '../tap.port.js';
import * as f from '../testing/frames.js';
import { buildObjects, loadDrop, loadTap, whyNoKernel } from '../testing/kernel.js';

const { TYPE, PROTO } = f;
const A = '192.0.2.1';
const B = '198.51.100.2';
const A6 = '2001:db8::1';
const B6 = '2001:db8::2';
const reason = whyNoKernel();

/** What a frame must become. Frames of one table have ports of their own, so each is found again. */
type Want = Partial<FlowSample>;
const inner4 = (sport: number): Buffer => f.ipv4({ src: A, dst: B, proto: PROTO.tcp }, f.tcp(sport, 80));
const inner6 = (sport: number): Buffer => f.ipv6(A6, B6, PROTO.tcp, f.tcp(sport, 80));
const ports = (sport: number): Want => ({ src: A, dst: B, sport, dport: 80, proto: 6, tcpFlags: 2 });
const ports6 = (sport: number): Want => ({ src: A6, dst: B6, sport, dport: 80, proto: 6, tcpFlags: 2 });

describe.skipIf(reason !== undefined)(`the parser in the kernel${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let tap: BpfObject;
  let drop: BpfObject;
  let table: FlowTable;

  beforeAll(() => {
    buildObjects();
    drop = loadDrop();
  });
  afterAll(() => drop.close());

  /** A fresh table for each frame: all flows in it come from this frame. */
  function parse(frame: Buffer, program = 'tap_ingress'): { flows: FlowSample[]; counters: TapCounters } {
    tap = loadTap();
    table = new FlowTable(tap);
    try {
      expect(testRun(tap.program(program), frame).retval | 0).toBe(-1); // TCX_NEXT: never in the way
      const flows = table.read({ jiffies: Jiffies.read(tap), nameOf: () => 'lo' }, false);
      return { flows, counters: readCounters(tap, drop) };
    } finally {
      table.close();
      tap.close();
    }
  }

  const good: [string, Buffer, Want][] = [
    ['IPv4 TCP', f.tcp4(A, 1, B, 80), ports(1)],
    ['IPv6 TCP', f.tcp6(A6, 2, B6, 80), ports6(2)],
    ['UDP', f.udp4(A, 53, B, 54), { sport: 53, dport: 54, proto: 17, tcpFlags: 0 }],
    ['SCTP', f.ethernet(TYPE.ipv4, f.ipv4({ src: A, dst: B, proto: PROTO.sctp }, f.sctp(3, 4))), { sport: 3, dport: 4, proto: 132 }],
    [
      'ICMP',
      f.ethernet(TYPE.ipv4, f.ipv4({ src: A, dst: B, proto: PROTO.icmp }, f.icmp(3, 13))),
      { sport: 0, dport: 0, icmp: { type: 3, code: 13 } },
    ],
    ['ICMPv6', f.ethernet(TYPE.ipv6, f.ipv6(A6, B6, PROTO.icmp6, f.icmp(128))), { icmp: { type: 128, code: 0 } }],
    [
      'another protocol',
      f.ethernet(TYPE.ipv4, f.ipv4({ src: A, dst: B, proto: 89 }, Buffer.alloc(20, 7))),
      { proto: 89, sport: 0, dport: 0 },
    ],
    [
      'IPv4 options',
      f.ethernet(TYPE.ipv4, f.ipv4({ src: A, dst: B, proto: PROTO.tcp, options: Buffer.alloc(40, 1) }, f.tcp(5, 80))),
      ports(5),
    ],
    ['first fragment', f.ethernet(TYPE.ipv4, f.ipv4({ src: A, dst: B, proto: PROTO.tcp, fragment: 0x2000 }, f.tcp(6, 80))), ports(6)],
    [
      'later fragment',
      f.ethernet(TYPE.ipv4, f.ipv4({ src: A, dst: B, proto: PROTO.tcp, fragment: 0x2001 }, f.tcp(7, 80))),
      { ...ports(0), dport: 0, tcpFlags: 0 },
    ],
    [
      'hop-by-hop, routing, destination options',
      f.ethernet(TYPE.ipv6, f.ipv6(A6, B6, 0, f.extension(43, f.extension(60, f.extension(6, f.tcp(8, 80), 2), 1)))),
      ports6(8),
    ],
    ['authentication header', f.ethernet(TYPE.ipv6, f.ipv6(A6, B6, 51, f.authentication(6, f.tcp(9, 80)))), ports6(9)],
    ['first fragment of IPv6', f.ethernet(TYPE.ipv6, f.ipv6(A6, B6, 44, f.fragment6(6, 0, true, f.tcp(10, 80)))), ports6(10)],
    [
      'later fragment of IPv6',
      f.ethernet(TYPE.ipv6, f.ipv6(A6, B6, 44, f.fragment6(6, 5, false, f.tcp(11, 80)))),
      { ...ports6(0), dport: 0, tcpFlags: 0 },
    ],
    ['VLAN', f.ethernet(TYPE.vlan, f.tag(100, TYPE.ipv4, inner4(12))), { ...ports(12), vlan: [100] }],
    ['VLAN 0', f.ethernet(TYPE.vlan, f.tag(0, TYPE.ipv4, inner4(13))), { ...ports(13), vlan: [0] }],
    ['QinQ 88a8', f.ethernet(TYPE.qinq, f.tag(100, TYPE.vlan, f.tag(200, TYPE.ipv4, inner4(14)))), { ...ports(14), vlan: [100, 200] }],
    ['QinQ 9100', f.ethernet(TYPE.qinqOld, f.tag(4095, TYPE.vlan, f.tag(1, TYPE.ipv6, inner6(15)))), { ...ports6(15), vlan: [4095, 1] }],
    ['MPLS over IPv4', f.ethernet(TYPE.mpls, f.mpls(3, inner4(16))), ports(16)],
    ['MPLS over IPv6', f.ethernet(TYPE.mpls, f.mpls(1, inner6(17))), ports6(17)],
    ['MPLS pseudowire', f.ethernet(TYPE.mpls, f.mpls(1, Buffer.concat([Buffer.alloc(4), f.ethernet(TYPE.ipv4, inner4(18))]))), ports(18)],
    ['PPPoE over IPv4', f.ethernet(TYPE.pppoe, f.pppoe(0x21, inner4(19))), ports(19)],
    ['PPPoE over IPv6', f.ethernet(TYPE.pppoe, f.pppoe(0x57, inner6(20))), ports6(20)],
    ['VLAN, PPPoE', f.ethernet(TYPE.vlan, f.tag(7, TYPE.pppoe, f.pppoe(0x21, inner4(21)))), { ...ports(21), vlan: [7] }],
    ['802.3 SNAP', f.ethernet(48, Buffer.concat([Buffer.from([0xaa, 0xaa, 3, 0, 0, 0, 8, 0]), inner4(22)])), ports(22)],
    ['VXLAN', f.overVxlan(77, f.tcp4(A, 23, B, 80)), { ...ports(23), vni: 77 }],
    ['VXLAN, VNI 0', f.overVxlan(0, f.tcp4(A, 24, B, 80)), { ...ports(24), vni: 0 }],
    [
      'VXLAN over IPv6, tagged inside',
      f.ethernet(
        TYPE.ipv6,
        f.ipv6(A6, B6, PROTO.udp, f.udp(1, 4789, f.vxlan(0xffffff, f.ethernet(TYPE.vlan, f.tag(9, TYPE.ipv4, inner4(25)))))),
      ),
      { ...ports(25), vni: 0xffffff, vlan: [9] },
    ],
    ['IPv6 in VXLAN', f.overVxlan(5, f.tcp6(A6, 26, B6, 80)), { ...ports6(26), vni: 5 }],
    ['ARP in VXLAN: the outer flow', f.overVxlan(5, f.ethernet(TYPE.arp, Buffer.alloc(28))), { src: '10.0.0.1', dport: 4789, vni: null }],
    [
      'no VXLAN on its port: the outer flow',
      f.udp4(A, 27, B, 4789, f.vxlan(5, f.tcp4(A, 1, B, 2), 0)),
      { sport: 27, dport: 4789, vni: null },
    ],
    [
      'Geneve with options',
      f.udp4('10.0.0.1', 1, '10.0.0.2', 6081, f.geneve(8, TYPE.bridged, f.tcp4(A, 28, B, 80), 3)),
      { ...ports(28), vni: 8 },
    ],
    [
      'GRE with a key',
      f.ethernet(TYPE.ipv4, f.ipv4({ src: '10.0.0.1', dst: '10.0.0.2', proto: PROTO.gre }, f.gre(TYPE.ipv4, inner4(29), true))),
      { ...ports(29), vni: null },
    ],
    ['IP in IP', f.ethernet(TYPE.ipv4, f.ipv4({ src: '10.0.0.1', dst: '10.0.0.2', proto: PROTO.ipip }, inner4(30))), ports(30)],
    ['IPv6 in IPv4', f.ethernet(TYPE.ipv4, f.ipv4({ src: '10.0.0.1', dst: '10.0.0.2', proto: PROTO.ipv6 }, inner6(31))), ports6(31)],
  ];
  it.each(good)('%s', (_, frame, want) => {
    const { flows, counters } = parse(frame);
    expect(flows).toHaveLength(1);
    expect(flows[0]).toMatchObject({ packets: 1, bytes: frame.length, direction: 'ingress', ...want });
    expect(counters).toMatchObject({ truncated: 0, tooDeep: 0, otherPackets: 0 });
  });

  // Behind a tag: the kernel's test run itself refuses an IPv4 frame of less than an IPv4 header.
  const none = f.ethernet(TYPE.vlan, f.tag(1, TYPE.ipv4, Buffer.alloc(6)), false);
  const bad: [string, Buffer, Want | null, Partial<TapCounters>][] = [
    ['ARP', f.ethernet(TYPE.arp, Buffer.alloc(28)), null, { otherPackets: 1, otherBytes: 60, malformed: 0 }],
    ['LLDP', f.ethernet(TYPE.lldp, Buffer.alloc(40)), null, { otherPackets: 1 }],
    ['an IPv4 header cut short', none, null, { otherPackets: 1, truncated: 1 }],
    ['a tag cut short', f.ethernet(TYPE.vlan, Buffer.alloc(3), false), null, { truncated: 1 }],
    ['labels without a bottom', f.ethernet(TYPE.mpls, Buffer.alloc(40), false), null, { truncated: 1 }],
    ['IHL 4', f.ethernet(TYPE.ipv4, f.ipv4({ src: A, dst: B, proto: 6, ihl: 4 }, f.tcp(1, 2))), null, { malformed: 1, otherPackets: 1 }],
    [
      'version 5',
      f.ethernet(TYPE.ipv4, Buffer.concat([Buffer.from([0x55]), f.ipv4({ src: A, dst: B, proto: 6 }, f.tcp(1, 2)).subarray(1)])),
      null,
      { malformed: 1 },
    ],
    [
      'total length below the header',
      f.ethernet(TYPE.ipv4, f.ipv4({ src: A, dst: B, proto: 6, total: 19 }, f.tcp(1, 2))),
      null,
      { malformed: 1 },
    ],
    [
      'padding is not ports',
      f.ethernet(TYPE.ipv4, f.ipv4({ src: A, dst: B, proto: 6, total: 20 }, f.tcp(1, 2))),
      { sport: 0, dport: 0 },
      { truncated: 1 },
    ],
    [
      'a total length beyond the frame',
      f.ethernet(TYPE.ipv4, f.ipv4({ src: A, dst: B, proto: 6, total: 1500, options: Buffer.alloc(4, 1) }, f.tcp(1, 2))),
      { sport: 1, dport: 2 },
      { truncated: 1 },
    ],
    [
      'a TCP header cut after the ports',
      f.ethernet(TYPE.ipv4, f.ipv4({ src: A, dst: B, proto: 6, fragment: 0x2000 }, f.tcp(1, 2).subarray(0, 8))),
      { sport: 1, dport: 2, tcpFlags: 0 },
      { truncated: 1 },
    ],
    [
      'an extension header cut short',
      f.ethernet(TYPE.ipv6, f.ipv6(A6, B6, 0, Buffer.from([6, 9])), false),
      { src: A6, sport: 0, dport: 0 },
      { truncated: 1 },
    ],
    [
      'an extension header beyond the frame',
      f.ethernet(TYPE.ipv6, f.ipv6(A6, B6, 0, f.extension(6, f.tcp(1, 2)).fill(255, 1, 2))),
      { sport: 0, dport: 0 },
      { truncated: 1 },
    ],
    ['a VXLAN header cut short', f.udp4(A, 1, B, 4789, Buffer.alloc(3)), { dport: 4789 }, { malformed: 1 }],
    [
      'a broken packet in VXLAN: the outer flow',
      f.overVxlan(5, f.ethernet(TYPE.ipv4, f.ipv4({ src: A, dst: B, proto: 6, ihl: 3 }, f.tcp(1, 2)))),
      { src: '10.0.0.1', vni: null },
      { malformed: 1 },
    ],
    ['tunnels without end', tunnels(40), { proto: 4 }, { tooDeep: 1 }],
    [
      'extension headers without end',
      f.ethernet(TYPE.ipv6, f.ipv6(A6, B6, 60, extensions(60))),
      { src: A6, sport: 0, dport: 0 },
      { tooDeep: 1 },
    ],
  ];
  it.each(bad)('%s', (_, frame, want, counts) => {
    const { flows, counters } = parse(frame);
    expect(flows).toHaveLength(want === null ? 0 : 1);
    expect(flows.slice(0, 1)).toMatchObject(want === null ? [] : [want]);
    expect(counters).toMatchObject(counts);
  });

  it('tells egress from ingress', () => {
    expect(parse(f.tcp4(A, 1, B, 80), 'tap_egress').flows[0]).toMatchObject({ direction: 'egress' });
  });

  it('reads any bytes without harm', () => {
    const frame = f.overVxlan(5, f.ethernet(TYPE.qinq, f.tag(1, TYPE.mpls, f.mpls(2, inner4(1)))));
    tap = loadTap();
    for (let i = 12; i < frame.length; i++) {
      for (const value of [0, 1, 0x11, 0x45, 0x60, 0x7f, 0x80, 0xff])
        testRun(tap.program('tap_ingress'), Buffer.from(frame).fill(value, i, i + 1));
      testRun(tap.program('tap_ingress'), frame.subarray(0, Math.max(i, 34)));
    }
    table = new FlowTable(tap);
    const packets = table.read({ jiffies: Jiffies.read(tap), nameOf: String }, false).reduce((sum, flow) => sum + flow.packets, 0);
    expect(packets + readCounters(tap, drop).otherPackets).toBe((frame.length - 12) * 9);
    table.close();
    tap.close();
  });
});

function tunnels(depth: number): Buffer {
  let packet: Buffer = f.ipv4({ src: A, dst: B, proto: PROTO.tcp }, f.tcp(1, 2));
  for (let i = 0; i < depth; i++) packet = f.ipv4({ src: A, dst: B, proto: PROTO.ipip }, packet);
  return f.ethernet(TYPE.ipv4, packet);
}

function extensions(count: number): Buffer {
  let packet: Buffer = f.tcp(1, 2);
  for (let i = 0; i < count; i++) packet = f.extension(i === 0 ? 6 : 60, packet);
  return packet;
}
