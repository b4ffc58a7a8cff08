import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bootClock } from './clock/boot-clock.js';
import { EbpfTap } from './ebpf-tap.js';
import { listInterfaces } from './net/rtnetlink.js';
import { removePins } from './pins/pin-directory.js';
import type { FlowSample, TapEvent } from './tap.port.js';
import * as f from './testing/frames.js';
import { buildObjects, compile, prefix, until, whyNoKernel } from './testing/kernel.js';
import { tcxPrograms, TwoNamespaces } from './testing/namespace.js';

const { TYPE } = f;
const HOUR = 3_600_000_000_000n;
const reason = whyNoKernel();
const pinDir = `/sys/fs/bpf/gpbpf-test-${process.pid}`;

describe.skipIf(reason !== undefined)(`EbpfTap${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let net: TwoNamespaces;
  let tap: EbpfTap | undefined;
  const events: TapEvent[] = [];
  const evicted: FlowSample[] = [];
  const clock = bootClock();

  beforeAll(() => {
    buildObjects();
    net = new TwoNamespaces(2);
    net.enter(net.b);
  });
  afterAll(() => net.remove());
  afterEach(async () => {
    await tap?.remove();
    tap = undefined;
    removePins(pinDir);
  });

  async function start(hook: 'link' | 'clsact' = 'link', interfaces = (name: string): boolean => name === 'b0'): Promise<EbpfTap> {
    events.length = 0;
    tap = new EbpfTap({ pinDir, interfaces, hook });
    await tap.start(
      (event) => events.push(event),
      (flow) => evicted.push(flow),
    );
    return tap;
  }
  const entry = (id: string, of: string) => ({ id, prefix: prefix(of), expiresBootNs: clock.bootNs() + HOUR });
  const packetsOf = (of: EbpfTap, src: string): number =>
    of
      .flows()
      .filter((flow) => flow.src === src)
      .reduce((sum, flow) => sum + flow.packets, 0);
  /** What is attached to b0, as the kernel tells anyone. */
  const attached = () => ({
    tcx: tcxPrograms(listInterfaces().find(({ name }) => name === 'b0')?.ifindex ?? 0),
    xdp: net.run(net.b, 'ip', 'link', 'show', 'dev', 'b0').includes('xdp'),
    filters: net.run(net.b, 'tc', 'filter', 'show', 'dev', 'b0', 'ingress'),
    qdisc: net.run(net.b, 'tc', 'qdisc', 'show', 'dev', 'b0'),
  });

  it.each(['link', 'clsact'] as const)('sees both directions by %s, and leaves nothing behind', async (hook) => {
    const before = attached();
    expect(before).toMatchObject({ tcx: 0, xdp: false, filters: '' });
    const running = await start(hook);
    const { tcx, filters } = attached();
    expect([tcx, filters.includes('tap_ingress')]).toEqual(hook === 'link' ? [2, false] : [0, true]);
    const { ifindex, ...b0 } = running.interfaces()[0] ?? { ifindex: 0 };
    expect(ifindex).toBeGreaterThan(0);
    expect(b0).toEqual({ name: 'b0', tap: hook, xdp: 'off' });
    await running.setWatch([{ rule: 3, prefix: prefix('10.77.0.1/32') }]);
    expect(net.ping(net.a, '10.77.0.2')).toBe(5);
    await until('an event for each direction', () => events.length >= 2);
    // Each CPU that carries a flow has its own entry of it, and its own event: pings may move from one to the other.
    const told = new Set(events.map(({ direction, matched, rule, ifname }) => [direction, matched, rule, ifname].join(' ')));
    expect([...told].sort()).toEqual(['egress destination 3 b0', 'ingress source 3 b0']);
    const matched = running.flows({ matchedOnly: true });
    for (const direction of ['ingress', 'egress']) {
      const own = matched.filter((flow) => flow.direction === direction && flow.rule === 3);
      expect(own.reduce((sum, flow) => sum + flow.packets, 0)).toBe(5);
      expect(own.reduce((sum, flow) => sum + flow.bytes, 0)).toBe(490);
    }
    for (const { firstBootNs, lastBootNs } of matched) {
      expect(lastBootNs >= firstBootNs).toBe(true);
      expect(Number(clock.bootNs() - firstBootNs)).toBeLessThan(60e9);
    }
    await running.remove();
    await until('nothing of ours is attached', () => JSON.stringify(attached()) === JSON.stringify(before));
    expect(existsSync(pinDir)).toBe(false);
  });

  it('reads tags that the kernel took out of the frame', async () => {
    const running = await start();
    const inner = f.ipv4({ src: '198.51.100.1', dst: '198.51.100.2', proto: 6 }, f.tcp(1, 2));
    net.send(
      net.a,
      'a0',
      [f.ethernet(TYPE.vlan, f.tag(100, TYPE.ipv4, inner)), f.ethernet(TYPE.qinq, f.tag(200, TYPE.vlan, f.tag(300, TYPE.ipv4, inner)))],
      3,
    );
    const vlans = (): string[] => {
      const packets = new Map<string, number>(); // of all CPUs
      for (const flow of running.flows().filter(({ src }) => src === '198.51.100.1'))
        packets.set(flow.vlan.join(), (packets.get(flow.vlan.join()) ?? 0) + flow.packets);
      return [...packets].filter(([, n]) => n === 3).map(([vlan]) => vlan);
    };
    await until('both flows', () => vlans().length === 2);
    expect(vlans().sort()).toEqual(['100', '200,300']);
  });

  it('drops while listed, and has XDP attached only then', async () => {
    const running = await start();
    await running.setDrops([entry('a', '10.77.0.1/32')], []);
    expect(running.interfaces()).toMatchObject([{ xdp: 'generic' }]);
    expect(net.ping(net.a, '10.77.0.2', 3)).toBe(0);
    expect(running.dropCounts()).toMatchObject([{ id: 'a', packets: 3 }]);
    expect(running.counters().droppedPackets).toBe(3);
    await running.setDrops([entry('a', '10.77.0.1/32')], [{ prefix: prefix('10.77.0.2/32') }]);
    expect(net.ping(net.a, '10.77.0.2', 3)).toBe(3);
    await running.setDrops([], []);
    expect(running.interfaces()).toMatchObject([{ xdp: 'off' }]);
    expect(net.ping(net.a, '10.77.0.2', 3)).toBe(3);
    // tc still begins at Ethernet while generic XDP runs.
    expect(packetsOf(running, '10.77.0.1')).toBeGreaterThanOrEqual(6);
  });

  it('drops tagged frames', async () => {
    const running = await start();
    await running.setDrops([entry('a', '198.51.100.0/24')], []);
    const inner = f.ipv4({ src: '198.51.100.1', dst: '198.51.100.2', proto: 6 }, f.tcp(1, 2));
    net.send(
      net.a,
      'a0',
      [f.ethernet(TYPE.vlan, f.tag(100, TYPE.ipv4, inner)), f.ethernet(TYPE.qinq, f.tag(200, TYPE.vlan, f.tag(300, TYPE.ipv4, inner)))],
      2,
    );
    await until('four drops', () => running.dropCounts()[0]?.packets === 4);
    expect(running.counters().droppedPackets).toBe(4);
  });

  it('says where another XDP program has the hook', async () => {
    const holder = await start('link', (name) => name === 'b1');
    await holder.setDrops([entry('x', '198.51.100.0/24')], []);
    const second = new EbpfTap({ pinDir: `${pinDir}-2`, interfaces: (name) => name.startsWith('b') });
    await second.start(() => undefined);
    await second.setDrops([entry('y', '198.51.100.0/24')], []);
    expect(second.interfaces()).toMatchObject([
      { name: 'b0', xdp: 'generic' },
      { name: 'b1', tap: 'link', xdp: 'unavailable' },
    ]);
    expect(second.interfaces()[1]?.problem).toContain('another XDP program');
    await second.remove();
  });

  it('follows interfaces that come and go', async () => {
    const running = await start('link', (name) => name.startsWith('b'));
    expect(running.interfaces().map(({ name }) => name)).toEqual(['b0', 'b1']);
    net.addPair(2);
    await until('b2 is tapped', () => running.interfaces().some(({ name, tap: how }) => name === 'b2' && how === 'link'));
    expect(net.ping(net.a, '10.77.2.2', 2)).toBe(2);
    expect(packetsOf(running, '10.77.2.1')).toBeGreaterThan(0);
    net.removePair(2);
    await until('b2 is forgotten', () => running.interfaces().length === 2);
    net.addPair(2);
    await until('b2 is back', () => running.interfaces().length === 3);
    net.removePair(2);
  });

  it('is adopted: counters go on, drops stay, no packet is missed', async () => {
    const first = await start();
    await first.setDrops([entry('kept', '198.51.100.0/24')], []);
    net.send(net.a, 'a0', [f.tcp4('192.0.2.1', 1, '10.77.0.2', 9), f.tcp4('198.51.100.1', 1, '10.77.0.2', 9)], 5);
    await until('five drops', () => first.dropCounts()[0]?.packets === 5);
    await first.close();
    net.send(net.a, 'a0', [f.tcp4('192.0.2.1', 1, '10.77.0.2', 9), f.tcp4('198.51.100.1', 1, '10.77.0.2', 9)], 5);
    const second = await start();
    expect(second.interfaces()).toMatchObject([{ tap: 'link', xdp: 'generic' }]);
    net.send(net.a, 'a0', [f.tcp4('192.0.2.1', 1, '10.77.0.2', 9), f.tcp4('198.51.100.1', 1, '10.77.0.2', 9)], 5);
    await until('all packets', () => packetsOf(second, '192.0.2.1') === 15);
    await second.setDrops([entry('kept', '198.51.100.0/24')], []);
    await until('all drops', () => second.dropCounts()[0]?.packets === 15);
    expect(packetsOf(second, '198.51.100.1')).toBe(0);
  });

  it('survives kill -9 of its process', async () => {
    compile();
    const script = fileURLToPath(new URL('./testing/tap-process.mjs', import.meta.url));
    const child = spawn(process.execPath, [script, pinDir, '^b0$', '10.77.0.1/32'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    await until('the tap is ready', () => output.includes('ready'), 20_000);
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    expect(net.ping(net.a, '10.77.0.2', 3)).toBe(0);
    const next = await start();
    expect(net.ping(net.a, '10.77.0.2', 3)).toBe(0);
    await next.setDrops([entry('kept', '10.77.0.1/32')], []);
    expect(next.dropCounts()).toMatchObject([{ id: 'kept', packets: 6 }]);
    expect(await next.setWatch([])).toBe(2);
  });

  it('is removed without a process', async () => {
    // The kernel lets go of a link that the last test closed in its own time.
    await until('a clean interface', () => attached().tcx === 0 && !attached().xdp);
    const before = attached();
    const first = await start();
    await first.setDrops([entry('a', '10.77.0.1/32')], []);
    await first.close();
    tap = undefined;
    expect(attached()).toMatchObject({ tcx: 2, xdp: true });
    expect(removePins(pinDir)).toBeGreaterThan(10);
    expect(removePins(pinDir)).toBe(0);
    await until('nothing of ours is attached', () => JSON.stringify(attached()) === JSON.stringify(before));
    expect(net.ping(net.a, '10.77.0.2', 3)).toBe(3);
  });

  it('says what is wrong with the folder', async () => {
    await expect(new EbpfTap({ pinDir: '/tmp/guardpost', interfaces: () => true }).start(() => undefined)).rejects.toThrow(
      'is not on a bpf file system',
    );
  });
});
