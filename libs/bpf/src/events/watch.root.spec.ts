import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { contains } from '@guardpost/contracts';
import { readCounters } from '../flows/counters.js';
import { decodeEvicted, type FlowContext } from '../flows/decode-flow.js';
import { FlowTable } from '../flows/flow-table.js';
import { Jiffies } from '../flows/jiffies.js';
import type { BpfObject } from '../libbpf/bpf-object.js';
import { testRun } from '../libbpf/test-run.js';
import { buildList } from '../list/build-list.js';
import { swapList } from '../list/list-holder.js';
import type { TapEvent, WatchEntry } from '../tap.port.js';
import * as f from '../testing/frames.js';
import { buildObjects, loadDrop, loadTap, prefix, whyNoKernel } from '../testing/kernel.js';
import { decodeEvent } from './decode-event.js';
import { RingReader } from './ring-reader.js';

const { TYPE, PROTO } = f;
const ME = '10.0.0.9';
const reason = whyNoKernel();

describe.skipIf(reason !== undefined)(`the watch list in the kernel${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let tap: BpfObject;
  let events: RingReader;
  let generation = 0;

  beforeAll(() => buildObjects());
  beforeEach(() => {
    tap = loadTap();
    events = new RingReader(tap.map('events'));
    generation = 0;
  });
  afterEach(() => {
    events.close();
    tap.close();
  });

  const run = (frame: Buffer, repeat = 1, program = 'tap_ingress') => testRun(tap.program(program), frame, { repeat });
  const announce = (): void => tap.global('generation').setUint32(0, generation, true);
  async function watch(entries: readonly WatchEntry[], announced = true): Promise<void> {
    await swapList(
      tap.map('watch_lists'),
      buildList(
        entries.map(({ rule, ...rest }) => ({ value: rule, ...rest })),
        ++generation,
      ),
    );
    if (announced) announce();
  }
  function take(): TapEvent[] {
    const taken: TapEvent[] = [];
    events.drain((view, offset, length) => {
      const event = decodeEvent(view, offset, length, (ifindex) => `if${ifindex}`);
      if (event !== undefined) taken.push(event);
    });
    return taken;
  }
  const eventsOf = (frame: Buffer): TapEvent[] => {
    run(frame);
    return take();
  };
  const entry = (rule: number, of: string, rest: Partial<WatchEntry> = {}): WatchEntry => ({ rule, prefix: prefix(of), ...rest });

  it('reports the first packet of a flow, once for each list', async () => {
    const frame = f.tcp4('198.51.100.7', 1000, ME, 80, 0x12);
    expect(eventsOf(frame)).toEqual([]);
    await watch([entry(7, '198.51.100.0/24')]);
    run(frame, 3);
    expect(take()).toMatchObject([
      {
        src: '198.51.100.7',
        dst: ME,
        sport: 1000,
        dport: 80,
        proto: 6,
        rule: 7,
        generation: 1,
        matched: 'source',
        matchedOuter: false,
        length: 60,
        tcpFlags: 0x12,
        outer: null,
        vni: null,
        vlan: [],
        icmp: null,
        direction: 'ingress',
        fragment: false,
      },
    ]);
    await watch([entry(8, '198.51.100.0/24')]);
    run(frame, 3);
    expect(take()).toMatchObject([{ rule: 8, generation: 2 }]);
    await watch([]);
    expect(eventsOf(frame)).toEqual([]);
  });

  it('says once what a new list says, though it is not announced yet', async () => {
    const frame = f.tcp4('198.51.100.7', 1000, ME, 80);
    await watch([]);
    run(frame);
    await watch([entry(9, '198.51.100.0/24')], false);
    const other = f.tcp4('198.51.100.7', 1001, ME, 80);
    run(other, 3);
    announce();
    run(other, 3);
    run(frame, 3);
    expect(take().map(({ sport, rule }) => [sport, rule])).toEqual([
      [1001, 9],
      [1000, 9],
    ]);
  });

  it('says which side matched, each with its own whole port', async () => {
    await watch([entry(1, '198.51.100.0/24'), entry(2, '203.0.113.7/32', { proto: 6, port: 80 })]);
    expect(eventsOf(f.tcp4(ME, 1, '198.51.100.7', 2))).toMatchObject([{ rule: 1, matched: 'destination' }]);
    expect(eventsOf(f.tcp4('203.0.113.7', 80, ME, 9))).toMatchObject([{ rule: 2, matched: 'source' }]);
    expect(eventsOf(f.tcp4(ME, 9, '203.0.113.7', 80))).toMatchObject([{ rule: 2, matched: 'destination' }]);
    for (const port of [336, 80 << 8, 81]) expect(eventsOf(f.tcp4('203.0.113.7', port, ME, 80))).toEqual([]);
    expect(eventsOf(f.ethernet(TYPE.ipv4, f.ipv4({ src: '203.0.113.7', dst: ME, proto: 6, fragment: 16 }, f.tcp(80, 80))))).toEqual([]);
    expect(eventsOf(f.ethernet(TYPE.ipv4, f.ipv4({ src: '198.51.100.7', dst: ME, proto: 6, fragment: 16 }, f.tcp(80, 80))))).toMatchObject([
      { rule: 1, fragment: true },
    ]);
  });

  it('hides no shorter entry behind a longer qualified one', async () => {
    await watch([entry(1, '198.51.100.0/24'), entry(2, '198.51.100.7/32', { proto: 6, port: 80 })]);
    expect(eventsOf(f.tcp4('198.51.100.7', 80, ME, 9))).toMatchObject([{ rule: 2 }]);
    expect(eventsOf(f.tcp4('198.51.100.7', 443, ME, 9))).toMatchObject([{ rule: 1 }]);
  });

  it('matches inside tunnels, and the outside where nothing matches inside', async () => {
    await watch([entry(1, '198.51.100.0/24'), entry(2, '10.0.0.1/32'), entry(3, '2001:db8::/32')]);
    expect(eventsOf(f.overVxlan(77, f.tcp4(ME, 1, '198.51.100.7', 2)))).toMatchObject([
      { rule: 1, vni: 77, matched: 'destination', matchedOuter: false, outer: { src: '10.0.0.1', dst: '10.0.0.2' } },
    ]);
    expect(eventsOf(f.overVxlan(77, f.tcp4(ME, 1, '192.0.2.7', 2)))).toMatchObject([
      { rule: 2, src: ME, matchedOuter: true, matched: 'source' },
    ]);
    expect(eventsOf(f.overVxlan(78, f.tcp6('2001:db8::1', 1, 'fd00::1', 2)))).toMatchObject([{ rule: 3, vni: 78, src: '2001:db8::1' }]);
    expect(eventsOf(f.ethernet(TYPE.ipv6, f.ipv6('2001:db8::1', 'fd00::1', PROTO.icmp6, f.icmp(128, 3))))).toMatchObject([
      { rule: 3, icmp: { type: 128, code: 3 } },
    ]);
  });

  it('keeps flows of different VNIs and VLANs apart', async () => {
    await watch([entry(1, '198.51.100.0/24')]);
    const inner = f.tcp4('198.51.100.7', 1, ME, 2);
    for (const frame of [
      f.overVxlan(1, inner),
      f.overVxlan(2, inner),
      inner,
      f.ethernet(TYPE.vlan, f.tag(5, TYPE.ipv4, inner.subarray(14))),
    ])
      expect(eventsOf(frame)).toHaveLength(1);
  });

  it('gives the rule that a scan of all entries gives', async () => {
    const texts = fc.constantFrom(
      '10.0.0.0/8',
      '10.1.0.0/16',
      '10.1.2.0/24',
      '10.1.2.128/25',
      '10.1.2.129/32',
      '10.1.2.130/31',
      '0.0.0.0/0',
      '2001:db8::/32',
      '2001:db8::/64',
      '2001:db8::5/128',
    );
    const entries = fc.array(
      fc.record({ of: texts, proto: fc.constantFrom(undefined, 6, 17), port: fc.constantFrom(undefined, 80, 443) }),
      { minLength: 1, maxLength: 8 },
    );
    const asked = fc.uniqueArray(
      fc.record({
        host: fc.constantFrom(
          '10.1.2.129',
          '10.1.2.131',
          '10.1.2.5',
          '10.1.3.5',
          '10.9.9.9',
          '11.0.0.1',
          '2001:db8::5',
          '2001:db8::6',
          '2001:db8:1::',
          '2001:db9::',
        ),
        port: fc.constantFrom(80, 443, 336),
      }),
      { minLength: 5, maxLength: 10, selector: ({ host, port }) => `${host} ${port}` },
    );
    await fc.assert(
      fc.asyncProperty(entries, asked, async (given, hosts) => {
        const list = given.map(({ of, proto, port }, i) => entry(i + 1, of, { proto, port }));
        await watch(list);
        for (const { host, port } of hosts) {
          const address = prefix(host);
          const want = list
            .filter((e) => contains(e.prefix, address) && (e.proto ?? 6) === 6 && (e.port ?? port) === port)
            .sort(
              (a, b) =>
                b.prefix.length - a.prefix.length ||
                Number(b.proto !== undefined || b.port !== undefined) - Number(a.proto !== undefined || a.port !== undefined) ||
                a.rule - b.rule,
            )[0];
          const events = eventsOf(host.includes(':') ? f.tcp6(host, port, 'fd00::1', 9) : f.tcp4(host, port, '192.0.2.1', 9));
          // 0.0.0.0/0 also holds the peer, which is asked second.
          expect(events.find(({ matched }) => matched === 'source')?.rule).toBe(want?.rule);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('loses no event for good when the ring is full', async () => {
    await watch([entry(1, '198.51.100.0/24')]);
    const drop = loadDrop();
    const flow = (i: number): Buffer => f.tcp4('198.51.100.7', 1 + (i & 0x3fff), `10.${i >> 14}.0.1`, 80);
    // 8 MiB hold 43,690 events with a frame of 60 bytes: fewer than there are flows here.
    tap.global('snapshot_bytes').setUint32(0, 128, true);
    let sent = 0;
    while (readCounters(tap, drop).eventLost === 0) {
      for (let i = 0; i < 1000; i++) run(flow(sent++ & 0xffff));
      expect(sent).toBeLessThan(70_000);
    }
    const last = f.tcp4('198.51.100.99', 9, ME, 80);
    run(last, 2);
    expect(readCounters(tap, drop).eventLost).toBeGreaterThan(2);
    const seen = take().length;
    expect(seen).toBeGreaterThan(30_000);
    expect(eventsOf(last)).toMatchObject([{ src: '198.51.100.99', rule: 1 }]);
    drop.close();
  });

  it('conserves packets through eviction', async () => {
    const drop = loadDrop();
    const table = new FlowTable(tap);
    const evicted = new RingReader(tap.map('evicted'));
    const context: FlowContext = { jiffies: Jiffies.read(tap), nameOf: String };
    const totals = { packets: 0, bytes: 0, records: 0 };
    const sent = { packets: 0, bytes: 0 };
    for (let i = 0; i < 80_000; i++) {
      const frame =
        i % 4 === 0
          ? f.tcp6('2001:db8::1', i & 0xffff, `2001:db8::${(i >> 16) + 2}`, 80)
          : f.tcp4('198.51.100.7', i & 0xffff, `10.0.${i >> 16}.1`, 80);
      run(frame);
      sent.packets++;
      sent.bytes += frame.length;
    }
    evicted.drain((view, at, length) => {
      const flow = decodeEvicted(view, at, length, context);
      totals.records++;
      totals.packets += flow?.packets ?? 0;
      totals.bytes += flow?.bytes ?? 0;
    });
    const counters = readCounters(tap, drop);
    expect(counters.evicted).toBe(totals.records + counters.evictLost);
    expect(counters.evicted).toBeGreaterThan(1000);
    const flows = table.read(context, false);
    expect(flows.reduce((sum, { packets }) => sum + packets, 0) + totals.packets + counters.evictLostPackets).toBe(sent.packets);
    expect(flows.reduce((sum, { bytes }) => sum + bytes, 0) + totals.bytes + counters.evictLostBytes).toBe(sent.bytes);
    evicted.close();
    table.close();
    drop.close();
  });
});
