import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EbpfTap } from '../ebpf-tap.js';
import { removePins } from '../pins/pin-directory.js';
import type { TapEvent } from '../tap.port.js';
import * as f from '../testing/frames.js';
import { buildObjects, prefix, until, whyNoKernel } from '../testing/kernel.js';
import { TwoNamespaces } from '../testing/namespace.js';

const reason = whyNoKernel();
const pinDir = `/sys/fs/bpf/gpevid-test-${process.pid}`;

describe.skipIf(reason !== undefined)(`evidence${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let net: TwoNamespaces;
  let tap: EbpfTap | undefined;
  const events: TapEvent[] = [];

  beforeAll(() => {
    buildObjects();
    net = new TwoNamespaces(1);
    net.enter(net.b);
  });
  afterAll(() => net.remove());
  afterEach(async () => {
    await tap?.remove();
    removePins(pinDir);
  });
  const start = async (evidence?: { packets: number; bytes: number }): Promise<EbpfTap> => {
    events.length = 0;
    tap = new EbpfTap({ pinDir, interfaces: (name) => name === 'b0', ...(evidence === undefined ? {} : { evidence }) });
    await tap.start((event) => events.push(event));
    await tap.setWatch([{ rule: 5, prefix: prefix('198.51.100.0/24') }]);
    return tap;
  };
  /** One processor at a time: each has its own entry of a flow. */
  const sendAll = (frames: readonly Buffer[]): void => net.send(net.a, 'a0', frames);
  const numbered = (n: number): Buffer => f.udp4('198.51.100.9', 7, '10.77.0.2', 8, Buffer.alloc(300, n));

  it('is the first bytes of the first packets, those after the first marked so', async () => {
    const running = await start({ packets: 3, bytes: 128 });
    sendAll([1, 2, 3, 4, 5].map(numbered));
    await until(
      'all packets are counted',
      () => running.flows().reduce((sum, flow) => sum + (flow.src === '198.51.100.9' ? flow.packets : 0), 0) === 5,
    );
    await until('three events', () => events.length >= 3);
    // A flow begins anew on each processor that carries it.
    const cpus = running.flows().filter(({ src }) => src === '198.51.100.9').length;
    expect(events.filter(({ later }) => later !== true)).toHaveLength(cpus);
    expect(events.length).toBeLessThanOrEqual(3 * cpus);
    for (const { frame, length } of events) {
      expect(length).toBe(342);
      expect(Buffer.from(frame ?? []).equals(numbered(frame?.[60] ?? 0).subarray(0, 128))).toBe(true);
    }
    expect(events.map(({ frame }) => frame?.[60]).slice(0, 1)).toEqual([1]);
    expect(running.flows({ matchedOnly: true })).toMatchObject([{ rule: 5, generation: 1 }]);
  });

  it('has the tag that the kernel took out, and ends where the frame does', async () => {
    await start({ packets: 1, bytes: 256 });
    const tagged = f.ethernet(
      f.TYPE.vlan,
      f.tag(0x2064, f.TYPE.ipv4, f.ipv4({ src: '198.51.100.1', dst: '10.77.0.2', proto: 6 }, f.tcp(1, 2))),
    );
    sendAll([tagged, tagged]);
    await until('an event', () => events.length > 0);
    expect(Buffer.from(events[0]?.frame ?? []).toString('hex')).toBe(tagged.toString('hex'));
  });

  it('is asked for once more when a list is new, as one event of a flow that is old', async () => {
    const running = await start({ packets: 3, bytes: 64 });
    sendAll([1, 2, 3, 4].map(numbered));
    await until('three events', () => events.length >= 3);
    const before = events.length;
    await running.setWatch([{ rule: 6, prefix: prefix('198.51.100.9/32') }]);
    sendAll([5, 6, 7].map(numbered));
    await until('the flow is told of again', () => events.some(({ rule }) => rule === 6));
    const again = events.slice(before).filter(({ rule }) => rule === 6);
    expect(again.filter(({ later }) => later !== true).length).toBeGreaterThan(0);
  });

  it('is not taken where nobody wants it', async () => {
    await start();
    sendAll([1, 2, 3].map(numbered));
    await until('an event', () => events.length > 0);
    expect(events.every(({ frame, later }) => frame === null && later === false)).toBe(true);
  });
});
