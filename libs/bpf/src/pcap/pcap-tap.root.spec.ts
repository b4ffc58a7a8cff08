import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EbpfTap } from '../ebpf-tap.js';
import { FirstTap } from '../first-tap.js';
import { bootClock } from '../clock/boot-clock.js';
import { removePins } from '../pins/pin-directory.js';
import type { FlowSample, Tap, TapEvent } from '../tap.port.js';
import { FRAMES } from '../testing/crafted/all.js';
import * as f from '../testing/frames.js';
import { buildObjects, prefix, until, whyNoKernel } from '../testing/kernel.js';
import { TwoNamespaces } from '../testing/namespace.js';
import { PcapTap, type PcapTapOptions } from './pcap-tap.js';

const reason = whyNoKernel();
const pinDir = `/sys/fs/bpf/gppcap-test-${process.pid}`;

describe.skipIf(reason !== undefined)(`PcapTap${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let net: TwoNamespaces;
  const taps: Tap[] = [];
  beforeAll(() => {
    buildObjects();
    net = new TwoNamespaces(1);
    net.enter(net.b);
  });
  afterAll(() => net.remove());
  afterEach(async () => {
    for (const tap of taps.splice(0)) await tap.remove();
    removePins(pinDir);
  });

  async function start<T extends Tap>(tap: T): Promise<{ tap: T; events: TapEvent[]; evicted: FlowSample[] }> {
    const [events, evicted]: [TapEvent[], FlowSample[]] = [[], []];
    taps.push(tap);
    await tap.start(
      (event) => events.push(event),
      (flow) => evicted.push(flow),
    );
    return { tap, events, evicted };
  }
  const onB0 = (name: string): boolean => name === 'b0';
  const pcap = (over: Partial<PcapTapOptions> = {}) =>
    start(new PcapTap({ interfaces: onB0, evidence: { packets: 3, bytes: 64 }, ...over }));
  const packetsOf = (tap: Tap, src: string): number => tap.flows().reduce((sum, flow) => sum + (flow.src === src ? flow.packets : 0), 0);
  const LIST = [
    { rule: 1, prefix: prefix('192.0.2.1/32') },
    { rule: 2, prefix: prefix('2001:db8::/64'), proto: 6, port: 80 },
    { rule: 3, prefix: prefix('10.0.0.0/24') },
  ];

  it('tells and counts what the tap of eBPF tells and counts', async () => {
    const ours = await pcap();
    const theirs = await start(new EbpfTap({ pinDir, interfaces: onB0, evidence: { packets: 3, bytes: 64 } }));
    for (const { tap } of [ours, theirs]) await tap.setWatch(LIST);
    // Later fragments apart: the tap of captures joins them by a table of its own.
    const frames = FRAMES.filter(({ name, frame }) => frame.length >= 18 && frame.length <= 1_514 && !/fragment/i.test(name)).map(
      ({ frame }) => frame,
    );
    net.send(net.a, 'a0', frames, 2);
    net.send(net.b, 'b0', [f.tcp4('10.0.0.77', 5, '192.0.2.1', 6)], 4);
    const flows = (tap: Tap): string[] => {
      const sums = new Map<string, [number, number, number]>();
      for (const { src, dst, sport, dport, proto, icmp, vni, vlan, rule, direction, ifname, packets, bytes, tcpFlags } of tap.flows()) {
        if (/^(fe80|ff02|::)/.test(src + dst)) continue; // the kernel's own, whenever it likes
        const key = JSON.stringify({ src, dst, sport, dport, proto, icmp, vni, vlan, rule, direction, ifname });
        const sum = sums.get(key) ?? [0, 0, 0];
        sums.set(key, [sum[0] + packets, sum[1] + bytes, sum[2] | tcpFlags]);
      }
      return [...sums].map(([key, sum]) => `${key} ${sum.join(' ')}`).sort();
    };
    await until('both have seen all', () => packetsOf(ours.tap, '10.0.0.77') === 4 && packetsOf(theirs.tap, '10.0.0.77') === 4);
    expect(flows(ours.tap)).toEqual(flows(theirs.tap));
    expect(flows(ours.tap).length).toBeGreaterThan(50);
    // Which packet of a flow was the first is another matter: of eBPF each processor tells one, and outer addresses are no part of its key.
    const told = (events: readonly TapEvent[]): string[] => {
      const keys = events.map(({ src, dst, sport, dport, proto, vlan, vni, rule, matched, matchedOuter, direction, ifname, later }) =>
        JSON.stringify({ src, dst, sport, dport, proto, vlan, vni, rule, matched, matchedOuter, direction, ifname, later }),
      );
      return [...new Set(keys)].filter((key) => key.includes('"later":false')).sort();
    };
    await until('the events have come', () => told(theirs.events).length >= told(ours.events).length);
    expect(told(ours.events)).toEqual(told(theirs.events));
    const sent = new Set([...frames, f.tcp4('10.0.0.77', 5, '192.0.2.1', 6)].map((frame) => frame.toString('hex')));
    const startsOne = ({ frame }: TapEvent): boolean => [...sent].some((hex) => hex.startsWith(Buffer.from(frame ?? []).toString('hex')));
    expect(ours.events.filter((event) => event.frame?.length === 0 || !startsOne(event))).toEqual([]);
    expect(ours.events.some(({ later }) => later === true)).toBe(true);
    const now = bootClock().bootNs();
    for (const { bootNs } of ours.events) expect(Number(now - bootNs)).toBeLessThan(60e9);
    const counted = ({ truncated, malformed, tooDeep, tunnelled }: ReturnType<Tap['counters']>) => ({
      truncated,
      malformed,
      tooDeep,
      tunnelled,
    });
    expect(counted(ours.tap.counters())).toEqual(counted(theirs.tap.counters()));
    expect(ours.tap.counters().missed).toBe(0);
  });

  it('asks a new list again, with a new generation', async () => {
    const { tap, events } = await pcap({ evidence: { packets: 0, bytes: 0 } });
    const frame = f.tcp4('198.51.100.7', 1, '10.77.0.2', 9);
    const send = (): void => net.send(net.a, 'a0', [frame], 2);
    send();
    await until('it is counted', () => packetsOf(tap, '198.51.100.7') === 2);
    expect(events).toEqual([]);
    expect(await tap.setWatch([{ rule: 9, prefix: prefix('198.51.100.7/32') }])).toBe(1);
    send();
    await until('it is told', () => events.length > 0);
    expect(await tap.setWatch([])).toBe(2);
    send();
    await until('it is counted again', () => packetsOf(tap, '198.51.100.7') === 6);
    expect(events).toMatchObject([
      { rule: 9, generation: 1, matched: 'source', later: false, frame: null, direction: 'ingress', ifname: 'b0' },
    ]);
    expect(tap.flows({ matchedOnly: true })).toEqual([]);
  });

  it('gives flows away when they are too many, every packet once', async () => {
    const { tap, evicted } = await pcap({ maxFlows: 100 });
    const frames = Array.from({ length: 350 }, (_, i) => f.udp4('203.0.113.9', i + 1, '10.77.0.2', 9));
    net.send(net.a, 'a0', frames, 2);
    const all = (): number =>
      packetsOf(tap, '203.0.113.9') + evicted.reduce((sum, flow) => sum + (flow.src === '203.0.113.9' ? flow.packets : 0), 0);
    await until('all are counted', () => all() === 700);
    expect(tap.flows().filter(({ direction }) => direction === 'ingress').length).toBeLessThanOrEqual(100);
    expect(tap.counters().evicted).toBe(evicted.length);
  });

  it('follows interfaces that come, go, and are down for a while', async () => {
    const { tap } = await pcap({ interfaces: (name) => name === 'b0' || name === 'b3' });
    net.addPair(3);
    await until('b3 is tapped', () => tap.interfaces().some(({ name, tap: how }) => name === 'b3' && how === 'pcap'));
    const seen = async (src: string): Promise<void> => {
      const frame = f.tcp4(src, 1, '10.77.3.2', 9);
      await until(`${src} is seen`, () => {
        net.send(net.a, 'a3', [frame]);
        return packetsOf(tap, src) > 0;
      });
    };
    await seen('203.0.113.1');
    net.run(net.b, 'ip', 'link', 'set', 'b3', 'down');
    net.run(net.b, 'ip', 'link', 'set', 'b3', 'up');
    await seen('203.0.113.2');
    net.removePair(3);
    await until('b3 is forgotten', () => tap.interfaces().length === 1);
    net.addPair(3);
    await seen('203.0.113.3');
    expect(tap.interfaces()).toMatchObject([
      { name: 'b0', tap: 'pcap' },
      { name: 'b3', tap: 'pcap' },
    ]);
    net.removePair(3);
  });

  it('says that it drops nothing', async () => {
    const { tap } = await pcap();
    await tap.setDrops([{ id: 'a', prefix: prefix('10.77.0.1/32'), expiresBootNs: 1n << 62n }], []);
    expect(tap.interfaces()).toMatchObject([
      { name: 'b0', tap: 'pcap', xdp: 'unavailable', problem: expect.stringContaining('drops nothing') },
    ]);
    expect(tap.dropCounts()).toEqual([{ id: 'a', packets: 0, bytes: 0, lastBootNs: 0n }]);
    expect(net.ping(net.a, '10.77.0.2', 2)).toBe(2);
    await tap.setDrops([], []);
    expect(tap.interfaces()[0]).not.toHaveProperty('problem');
  });

  it('stands in where eBPF is not to be had, with the reason', async () => {
    const chosen: unknown[] = [];
    const ebpf = new EbpfTap({ pinDir: '/tmp/not-a-bpf-file-system', interfaces: onB0 });
    const first = new FirstTap(
      [
        { name: 'ebpf', tap: ebpf },
        { name: 'pcap', tap: new PcapTap({ interfaces: onB0 }) },
      ],
      (name, failures) => chosen.push(name, failures),
    );
    const { tap } = await start(first);
    expect(chosen).toMatchObject(['pcap', [{ name: 'ebpf', why: expect.stringContaining('is not on a bpf file system') }]]);
    expect(tap.interfaces()).toMatchObject([{ name: 'b0', tap: 'pcap' }]);
    await expect(new FirstTap([{ name: 'ebpf', tap: ebpf }], () => undefined).start(() => undefined)).rejects.toThrow('no ebpf tap: ');
  });
});
