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
import { A, B, type Crafted } from '../testing/crafted/crafted.js';
import * as f from '../testing/frames.js';
import { buildObjects, loadDrop, loadTap, whyNoKernel } from '../testing/kernel.js';
import { readFrames } from '../testing/read-frames.js';

const reason = whyNoKernel();
const FAULTS = ['truncated', 'malformed', 'tooDeep'] as const;
const COUNTED = [...FAULTS, 'otherPackets'] as const;
type Counts = Readonly<Record<string, number>>;
/** The kernel's test run refuses frames without an Ethernet header, and IPv4 and IPv6 frames without an IP header. */
const SHORTEST = 54;

/** The kernel keeps two tags and no outer addresses: what both sides can say of a flow. */
const lineOf = (s: Pick<FlowSample, 'src' | 'dst' | 'sport' | 'dport' | 'proto' | 'icmp' | 'vni' | 'vlan'>): string =>
  JSON.stringify([s.src, s.dst, s.sport, s.dport, s.proto, s.icmp, s.vni, s.vlan.slice(0, 2)]);
/** Packets, bytes and flags by flow. The kernel's key has the first tag only: flows that differ in another are one. */
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
        const ours = frames.map((frame) => readFrames([{ frame }]));
        const theirs = totals(flows);
        const own = totals(ours.flatMap((read) => read.flows));
        expect([...theirs].sort()).toEqual([...own].sort());
        expect(counters['otherPackets']).toBe(ours.filter((read) => read.others === 1).length);
      }),
      { numRuns: 12 },
    );
  });
});
