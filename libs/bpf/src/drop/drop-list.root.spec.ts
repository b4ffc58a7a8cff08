import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootClock } from '../clock/boot-clock.js';
import { readCounters } from '../flows/counters.js';
import type { BpfObject } from '../libbpf/bpf-object.js';
import { testRun } from '../libbpf/test-run.js';
import type { DropEntry, ProtectedEndpoint } from '../tap.port.js';
import * as f from '../testing/frames.js';
import { buildObjects, loadDrop, loadTap, prefix, whyNoKernel } from '../testing/kernel.js';
import { DropList } from './drop-list.js';

const { TYPE, PROTO } = f;
const HOUR = 3_600_000_000_000n;
const reason = whyNoKernel();
const ME = '10.0.0.9';

describe.skipIf(reason !== undefined)(`the drop list in the kernel${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let drop: BpfObject;
  let tap: BpfObject;
  let list: DropList;
  const clock = bootClock();

  beforeAll(() => {
    buildObjects();
    drop = loadDrop();
    tap = loadTap();
    list = new DropList(drop);
  });
  afterAll(() => {
    list.close();
    drop.close();
    tap.close();
  });

  const entry = (id: string, of: string, rest: Partial<DropEntry> = {}): DropEntry => ({
    id,
    prefix: prefix(of),
    expiresBootNs: clock.bootNs() + HOUR,
    ...rest,
  });
  const dropped = (frame: Buffer): boolean => {
    const verdicts = ['drop_native', 'drop_generic'].map((name) => testRun(drop.program(name), frame).retval);
    expect(verdicts[0]).toBe(verdicts[1]);
    return verdicts[0] === 1;
  };
  const set = (entries: DropEntry[], safe: ProtectedEndpoint[] = []): Promise<void> => list.set(entries, safe);

  it('passes everything without a list, and with an empty one', async () => {
    expect(dropped(f.tcp4('198.51.100.1', 1, ME, 2))).toBe(false);
    await set([]);
    expect(dropped(f.tcp4('198.51.100.1', 1, ME, 2))).toBe(false);
  });

  it('drops by source and by destination, each with its own whole port', async () => {
    await set([
      entry('net', '198.51.100.0/24'),
      entry('web', '203.0.113.7/32', { proto: 6, port: 80 }),
      entry('v6', '2001:db8::/32'),
      entry('dns', '192.0.2.1/32', { port: 53 }),
    ]);
    expect(dropped(f.tcp4('198.51.100.9', 1, ME, 2))).toBe(true);
    expect(dropped(f.tcp4(ME, 1, '198.51.100.9', 2))).toBe(true);
    expect(dropped(f.tcp4('203.0.113.7', 80, ME, 999))).toBe(true);
    expect(dropped(f.tcp4('203.0.113.7', 999, ME, 80))).toBe(false);
    expect(dropped(f.tcp4('203.0.113.7', 256 + 80, ME, 999))).toBe(false);
    expect(dropped(f.tcp4('203.0.113.7', (80 << 8) & 0xffff, ME, 999))).toBe(false);
    expect(dropped(f.udp4('203.0.113.7', 80, ME, 999))).toBe(false);
    expect(dropped(f.udp4('192.0.2.1', 53, ME, 999))).toBe(true);
    expect(dropped(f.tcp6('2001:db8::5', 1, 'fd00::1', 2))).toBe(true);
    expect(dropped(f.tcp6('2001:db9::5', 1, 'fd00::1', 2))).toBe(false);
  });

  it('does not match a port in what has none', async () => {
    await set([entry('web', '203.0.113.7/32', { port: 80 }), entry('icmp', '203.0.113.8/32', { port: 8 })]);
    expect(dropped(f.ethernet(TYPE.ipv4, f.ipv4({ src: '203.0.113.7', dst: ME, proto: 6, fragment: 0x0010 }, f.tcp(80, 80))))).toBe(false);
    expect(dropped(f.ethernet(TYPE.ipv4, f.ipv4({ src: ME, dst: '203.0.113.8', proto: PROTO.icmp }, f.icmp(0, 8))))).toBe(false);
  });

  it('hides no shorter entry behind a longer one, qualified or expired', async () => {
    await set([
      entry('net', '198.51.100.0/24'),
      entry('web', '198.51.100.7/32', { proto: 6, port: 80 }),
      entry('old', '198.51.100.8/32', { expiresBootNs: clock.bootNs() - 1n }),
      entry('alone', '203.0.113.9/32', { expiresBootNs: clock.bootNs() - 1n }),
    ]);
    expect(dropped(f.tcp4('198.51.100.7', 443, ME, 1))).toBe(true);
    expect(dropped(f.tcp4('198.51.100.8', 443, ME, 1))).toBe(true);
    const { dropExpired } = readCounters(tap, drop);
    expect(dropped(f.tcp4('203.0.113.9', 443, ME, 1))).toBe(false);
    expect(readCounters(tap, drop).dropExpired).toBe(dropExpired + 2); // both programs ran
  });

  it('stops at the expiry, without anyone telling', async () => {
    await set([entry('soon', '198.51.100.0/24', { expiresBootNs: clock.bootNs() + 300_000_000n })]);
    expect(dropped(f.tcp4('198.51.100.8', 443, ME, 1))).toBe(true);
    while (dropped(f.tcp4('198.51.100.8', 443, ME, 1)) && clock.bootNs() < HOUR * 1_000_000n)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(dropped(f.tcp4('198.51.100.8', 443, ME, 1))).toBe(false);
  });

  it('reads tags, labels, extension headers and tunnels', async () => {
    await set([entry('net', '198.51.100.0/24'), entry('v6', '2001:db8::/32', { proto: 6, port: 80 })]);
    const bad = f.ipv4({ src: '198.51.100.9', dst: ME, proto: 6 }, f.tcp(1, 2));
    expect(dropped(f.ethernet(TYPE.qinq, f.tag(1, TYPE.vlan, f.tag(2, TYPE.ipv4, bad))))).toBe(true);
    expect(dropped(f.ethernet(TYPE.mpls, f.mpls(2, bad)))).toBe(true);
    expect(dropped(f.ethernet(TYPE.pppoe, f.pppoe(0x21, bad)))).toBe(true);
    expect(dropped(f.overVxlan(3, f.ethernet(TYPE.ipv4, bad)))).toBe(true);
    expect(dropped(f.overVxlan(3, f.tcp4('10.1.1.1', 1, ME, 2)))).toBe(false);
    expect(dropped(f.overVxlan(3, f.tcp4('10.1.1.1', 1, ME, 2), '198.51.100.9'))).toBe(true);
    expect(dropped(f.ethernet(TYPE.ipv6, f.ipv6('2001:db8::5', 'fd00::1', 0, f.extension(60, f.extension(6, f.tcp(80, 9))))))).toBe(true);
    expect(dropped(f.ethernet(TYPE.ipv6, f.ipv6('2001:db8::5', 'fd00::1', 0, f.extension(60, f.extension(6, f.tcp(81, 9))))))).toBe(false);
  });

  it('never drops what has no IP header', async () => {
    await set([entry('all', '0.0.0.0/0'), entry('all6', '::/0')]);
    for (const type of [TYPE.arp, TYPE.lldp, TYPE.bddp])
      expect(dropped(f.ethernet(type, f.ipv4({ src: '198.51.100.9', dst: ME, proto: 6 }, f.tcp(1, 2))))).toBe(false);
    expect(dropped(f.tcp4('1.2.3.4', 1, ME, 2))).toBe(true);
  });

  it.each([133, 134, 135, 136, 137])('never drops neighbour discovery %i, behind extension headers and in VXLAN too', async (type) => {
    await set([entry('all6', '::/0')]);
    const { sparedNd } = readCounters(tap, drop);
    const nd = f.ethernet(TYPE.ipv6, f.ipv6('fe80::1', 'ff02::1', PROTO.icmp6, f.icmp(type)));
    expect(dropped(nd)).toBe(false);
    expect(dropped(f.overVxlan(9, nd))).toBe(false);
    expect(dropped(f.ethernet(TYPE.ipv6, f.ipv6('fe80::1', 'ff02::1', 0, f.extension(60, f.extension(PROTO.icmp6, f.icmp(type))))))).toBe(
      false,
    );
    expect(readCounters(tap, drop).sparedNd).toBe(sparedNd + 6);
    expect(dropped(f.ethernet(TYPE.ipv6, f.ipv6('fe80::1', 'ff02::1', PROTO.icmp6, f.icmp(128))))).toBe(true);
  });

  it('never drops a protected endpoint, outer or inner, whatever is listed', async () => {
    const safe: ProtectedEndpoint[] = [
      { prefix: prefix('198.51.100.1/32'), proto: 6, port: 179 },
      { prefix: prefix('203.0.113.0/28') },
      { prefix: prefix('10.0.0.2/32'), proto: 17, port: 4789 },
    ];
    await set([entry('all', '0.0.0.0/0'), entry('peer', '198.51.100.1/32')], safe);
    const { sparedSafe } = readCounters(tap, drop);
    expect(dropped(f.tcp4('198.51.100.1', 40000, ME, 179))).toBe(false);
    expect(dropped(f.tcp4(ME, 40000, '198.51.100.1', 179))).toBe(false);
    expect(dropped(f.tcp4('198.51.100.1', 40000, ME, 80))).toBe(true);
    expect(dropped(f.udp4('198.51.100.1', 179, ME, 80))).toBe(true);
    expect(dropped(f.tcp4('203.0.113.5', 1, ME, 80))).toBe(false);
    expect(dropped(f.overVxlan(1, f.tcp4('1.2.3.4', 1, ME, 80)))).toBe(false);
    expect(dropped(f.overVxlan(1, f.tcp4('203.0.113.5', 1, ME, 80), '10.9.9.1', '10.9.9.2'))).toBe(false);
    expect(dropped(f.overVxlan(1, f.tcp4('1.2.3.4', 1, ME, 80), '10.9.9.1', '10.9.9.2'))).toBe(true);
    expect(readCounters(tap, drop).sparedSafe).toBe(sparedSafe + 10);
  });

  it('counts by entry, keeps the counts while it is listed, and starts a new one at zero', async () => {
    const frame = f.tcp4('198.51.100.9', 1, ME, 2);
    await set([entry('a', '198.51.100.0/24')]);
    testRun(drop.program('drop_generic'), frame, { repeat: 3 });
    await set([entry('b', '192.0.2.0/24'), entry('a', '198.51.100.0/25')]);
    testRun(drop.program('drop_generic'), frame);
    const [b, a] = list.counts();
    expect(b).toEqual({ id: 'b', packets: 0, bytes: 0, lastBootNs: 0n });
    expect(a).toMatchObject({ id: 'a', packets: 4, bytes: 4 * frame.length });
    expect(Number(clock.bootNs() - (a?.lastBootNs ?? 0n))).toBeLessThan(60e9);
    await set([]);
    await set([entry('a', '198.51.100.0/24')]);
    expect(list.counts()).toMatchObject([{ id: 'a', packets: 0 }]);
  });

  it('finds the slots of an earlier process by id', async () => {
    const frame = f.tcp4('198.51.100.9', 1, ME, 2);
    await set([entry('x', '192.0.2.0/24'), entry('kept', '198.51.100.0/24')]);
    testRun(drop.program('drop_generic'), frame, { repeat: 5 });
    const next = new DropList(drop);
    expect(next.inForce).toBe(true);
    expect(dropped(frame)).toBe(true);
    await next.set([entry('kept', '198.51.100.0/24')], []);
    expect(next.counts()).toMatchObject([{ id: 'kept', packets: 7 }]);
    await next.set([], []);
    expect(next.inForce).toBe(false);
    next.close();
  });

  it('drops all the while that the list is rebuilt around an entry', async () => {
    const frame = f.tcp4('198.51.100.9', 1, ME, 2);
    const kept = entry('kept', '198.51.100.0/24');
    const more = Array.from({ length: 200 }, (_, i) => entry(`m${i}`, `198.51.100.${i}/32`, { proto: 17 }));
    await set([kept]);
    for (let round = 0; round < 6; round++) {
      let done = false;
      const change = set(round % 2 ? [kept] : [...more, kept]).then(() => (done = true));
      let asked = 0;
      while (!done) {
        expect(dropped(frame)).toBe(true);
        asked++;
        await new Promise((resolve) => setImmediate(resolve));
      }
      await change;
      expect(asked).toBeGreaterThan(0);
    }
  });

  it('refuses a repeated id and leaves the list as it was', async () => {
    await set([entry('a', '198.51.100.0/24')]);
    await expect(set([entry('b', '192.0.2.0/24'), entry('b', '192.0.2.0/25')])).rejects.toThrow('listed twice');
    expect(dropped(f.tcp4('198.51.100.9', 1, ME, 2))).toBe(true);
    expect(list.counts()).toMatchObject([{ id: 'a' }]);
  });
});
