import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCounters } from '../flows/counters.js';
import { FlowTable } from '../flows/flow-table.js';
import { Jiffies } from '../flows/jiffies.js';
import type { BpfObject } from '../libbpf/bpf-object.js';
import { mapInfo } from '../libbpf/maps.js';
import { mapMemory, type MappedMemory } from '../libbpf/memory.js';
import { testRun } from '../libbpf/test-run.js';
import type { FlowSample } from '../tap.port.js';
import { FRAMES } from '../testing/crafted/all.js';
import { A, A6, B, B6, type Crafted } from '../testing/crafted/crafted.js';
import * as f from '../testing/frames.js';
import { buildObjects, emptyMap, loadDrop, loadTap, whyNoKernel } from '../testing/kernel.js';
import { readFrames } from '../testing/read-frames.js';

const reason = whyNoKernel();
/** struct fragment_key (c/fragment.h). */
const FRAGMENT_KEY_SIZE = 48;
const FAULTS = ['truncated', 'malformed', 'tooDeep'] as const;
const COUNTED = [...FAULTS, 'otherPackets'] as const;
type Counts = Readonly<Record<string, number>>;
/** The kernel's test run refuses frames without an Ethernet header, and IPv4 and IPv6 frames without an IP header. */
const SHORTEST = 54;

/** What both sides key on: the kernel has the first tag in its key, the second beside it, and no outer addresses. */
const lineOf = (s: Pick<FlowSample, 'src' | 'dst' | 'sport' | 'dport' | 'proto' | 'icmp' | 'vni' | 'vlan'>): string =>
  JSON.stringify([s.src, s.dst, s.sport, s.dport, s.proto, s.icmp, s.vni, s.vlan[0]]);
/** Packets, bytes and flags by flow. */
function totals(flows: readonly Pick<FlowSample, 'packets' | 'bytes' | 'tcpFlags' | keyof Parameters<typeof lineOf>[0]>[]) {
  const sums = new Map<string, { packets: number; bytes: number; tcpFlags: number }>();
  for (const flow of flows) {
    const sum = sums.get(lineOf(flow)) ?? { packets: 0, bytes: 0, tcpFlags: 0 };
    sums.set(lineOf(flow), sum);
    sum.packets += flow.packets;
    sum.bytes += flow.bytes;
    sum.tcpFlags |= flow.tcpFlags;
  }
  return sums;
}

describe.skipIf(reason !== undefined)(`the parser in the kernel${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let tap: BpfObject;
  let drop: BpfObject;
  let table: FlowTable;
  let memory: MappedMemory[];

  beforeAll(() => {
    buildObjects();
    drop = loadDrop();
    tap = loadTap();
    table = new FlowTable(tap);
    memory = ['flows4', 'flows6'].map((name) => {
      const { valueSize, maxEntries } = mapInfo(tap.map(name));
      return mapMemory(tap.map(name), valueSize * maxEntries, { write: true });
    });
  });
  afterAll(() => {
    for (const mapped of memory) mapped.free();
    table.close();
    tap.close();
    drop.close();
  });

  /** All flows in the table come from these frames, and all counts. */
  function parse(frames: readonly Buffer[], program = 'tap_ingress'): { flows: FlowSample[]; counters: Counts } {
    for (const { buffer } of memory) new Uint8Array(buffer).fill(0);
    emptyMap(tap.map('fragments'), FRAGMENT_KEY_SIZE);
    const before = readCounters(tap, drop);
    for (const frame of frames) expect(testRun(tap.program(program), frame).retval | 0).toBe(-1); // TCX_NEXT: never in the way
    const after = readCounters(tap, drop);
    const counters = Object.fromEntries(COUNTED.map((name) => [name, after[name] - before[name]]));
    return { flows: table.read({ jiffies: Jiffies.read(tap), nameOf: () => 'lo' }, false), counters };
  }

  it.each(FRAMES.map((crafted): [string, Crafted] => [crafted.name, crafted]))('%s', (_, { frame, want, fault }) => {
    const { flows, counters } = parse([frame]);
    const { outer: _outer, ...known } = want ?? {};
    expect(flows).toMatchObject(want === null ? [] : [{ packets: 1, bytes: frame.length, direction: 'ingress', ...known }]);
    expect(counters['otherPackets']).toBe(want === null ? 1 : 0);
    // What fast.h reads whole is not asked whether its IP length fits the frame.
    for (const name of FAULTS) expect(`${name} ${counters[name]}`).toBe(`${name} ${name === fault ? 1 : 0}`);
    expect([...totals(flows)]).toEqual([...totals(readFrames([{ frame }]).flows)]);
  });

  it('tells egress from ingress', () => {
    expect(parse([f.tcp4(A, 1, B, 80)], 'tap_egress').flows[0]).toMatchObject({ direction: 'egress' });
  });

  it('counts later fragments into the flow where the first was seen', () => {
    const fragment4 = (fragment: number, payload: Buffer, proto: number): Buffer =>
      f.ethernet(f.TYPE.ipv4, f.ipv4({ src: A, dst: B, proto, fragment }, payload));
    const fragment6 = (offset: number, payload: Buffer, next: number = f.PROTO.udp): Buffer =>
      f.ethernet(f.TYPE.ipv6, f.ipv6(A6, B6, 44, f.fragment6(next, offset, true, payload)));
    const rest = Buffer.alloc(48, 0x35);
    const frames = [
      fragment4(0x2003, rest, 17), // before its first: no ports
      fragment4(0x2000, f.udp(53, 4000, rest), 17),
      fragment4(0x2007, rest, 17),
      fragment4(0x000d, rest, 17),
      fragment4(0x000d, rest, 6), // of another packet
      fragment4(0x2000, f.icmp(8), 1),
      fragment4(0x0001, rest, 1),
      fragment6(0, f.extension(17, f.udp(54, 4001)), 60),
      fragment6(9, rest, 60),
    ];
    const { flows } = parse(frames);
    expect([...totals(flows)].sort()).toEqual([...totals(readFrames(frames.map((frame) => ({ frame }))).flows)].sort());
    expect(flows.map(({ sport, icmp, packets }) => `${sport} ${icmp?.type ?? '-'} ${packets}`).sort()).toEqual([
      '0 - 1', '0 - 1', '0 8 2', '53 - 3', '54 - 2',
    ]); // prettier-ignore
  });

  it('reads broken frames as the parser in TypeScript does', () => {
    const mutation = fc.record({ at: fc.double({ min: 0, max: 0.999, noNaN: true }), value: fc.nat(255) });
    const broken = fc
      .tuple(fc.constantFrom(...FRAMES.map(({ frame }) => frame)), fc.array(mutation, { maxLength: 5 }), fc.nat(200))
      .map(([frame, mutations, cut]) => {
        const copy = Buffer.from(frame);
        for (const { at, value } of mutations) copy[Math.floor(at * copy.length)] = value;
        return copy.subarray(0, Math.max(SHORTEST, copy.length - cut));
      })
      .filter((frame) => frame.length >= SHORTEST);
    // One property is a whole table of flows, for a reading takes longer than a frame.
    fc.assert(
      fc.property(fc.array(broken, { minLength: 300, maxLength: 300 }), (frames) => {
        const { flows, counters } = parse(frames);
        const ours = readFrames(frames.map((frame) => ({ frame })));
        const theirs = totals(flows);
        const own = totals(ours.flows);
        expect([...theirs].sort()).toEqual([...own].sort());
        expect(counters['otherPackets']).toBe(ours.others);
      }),
      { numRuns: 60 },
    );
  });
});
