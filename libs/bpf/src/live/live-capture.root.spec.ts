import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listInterfaces } from '../net/rtnetlink.js';
import { LINK } from '../packet/link-type.js';
import { Packet } from '../packet/packet.js';
import { parse } from '../packet/parse.js';
import { FRAMES } from '../testing/crafted/all.js';
import * as f from '../testing/frames.js';
import { prefix, until, whyNoKernel } from '../testing/kernel.js';
import { TwoNamespaces } from '../testing/namespace.js';
import { LiveCapture, type LiveFrame } from './live-capture.js';
import { packetMatcher, type PacketMatch } from './packet-match.js';

const reason = whyNoKernel();
const OPTIONS = { match: {}, snapLength: 65_535, ringBytes: 1 << 20 };

describe.skipIf(reason !== undefined)(`LiveCapture${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let net: TwoNamespaces;
  beforeAll(() => {
    net = new TwoNamespaces(2);
    net.enter(net.b);
  });
  afterAll(() => net.remove());

  const interfaces = (...names: string[]) => names.map((name) => listInterfaces().find((i) => i.name === name)!);
  /** What comes while `act` runs. */
  async function during(
    options: Partial<typeof OPTIONS> & { match?: PacketMatch },
    act: () => void | Promise<void>,
    names = ['b0'],
  ): Promise<LiveFrame[]> {
    const frames: LiveFrame[] = [];
    const capture = new LiveCapture(interfaces(...names), { ...OPTIONS, ...options });
    capture.listen(
      (frame) => frames.push(frame),
      () => undefined,
    );
    await act();
    await capture.finish(BigInt(Date.now() + 1) * 1_000_000n, (frame) => frames.push(frame));
    return frames;
  }

  it('takes frames of both directions as they are on the wire, stamped by the kernel', async () => {
    const tagged = f.ethernet(
      f.TYPE.vlan,
      f.tag(0x2064, f.TYPE.ipv4, f.ipv4({ src: '192.0.2.1', dst: '192.0.2.2', proto: 6 }, f.tcp(1, 2))),
    );
    const before = BigInt(Date.now()) * 1_000_000n;
    const frames = await during({ match: { prefix: prefix('192.0.2.0/24') } }, () => {
      net.send(net.a, 'a0', [tagged, f.udp4('192.0.2.7', 5, '10.0.0.1', 6, Buffer.alloc(1_000, 7))]);
      net.send(net.b, 'b0', [f.tcp4('10.0.0.1', 6, '192.0.2.9', 5)]);
    });
    expect(frames.map(({ bytes }) => bytes.toString('hex'))).toEqual(
      [tagged, f.udp4('192.0.2.7', 5, '10.0.0.1', 6, Buffer.alloc(1_000, 7)), f.tcp4('10.0.0.1', 6, '192.0.2.9', 5)].map((b) =>
        b.toString('hex'),
      ),
    );
    expect(frames.map(({ outgoing }) => outgoing)).toEqual([false, false, true]);
    expect(frames.every(({ ns, length, bytes }) => ns >= before && ns < before + 60_000_000_000n && length === bytes.length)).toBe(true);
  });

  it('keeps the beginning, and says how long the frame was', async () => {
    const frames = await during({ match: { port: 4_242 }, snapLength: 96 }, () =>
      net.send(net.a, 'a0', [f.udp4('192.0.2.7', 4_242, '10.0.0.1', 6, Buffer.alloc(1_000))]),
    );
    expect(frames).toMatchObject([{ length: 1_042, bytes: { length: 96 } }]);
  });

  it('loses nothing to the filter in the kernel: it takes what the parser would', async () => {
    // The kernel lets no frame pass whose tag is cut off.
    const all = FRAMES.map(({ frame }) => frame).filter(({ length }) => length >= 18 && length <= 1_514);
    const matches: PacketMatch[] = [
      {},
      { prefix: prefix('198.51.100.0/24') },
      { prefix: prefix('10.0.0.0/8'), proto: 17 },
      { prefix: prefix('2001:db8::/32') },
      { prefix: prefix('2001:db8::1/128'), port: 443 },
      { prefix: prefix('::/0') },
      { proto: 6 },
      { proto: 58 },
      { proto: 1 },
      { port: 80 },
      { port: 4_789 },
      { port: 1_000, proto: 6 },
    ];
    const packet = new Packet();
    for (const match of matches) {
      const wanted = packetMatcher(match);
      const expected = all.filter((frame) => {
        packet.attach(frame, new DataView(frame.buffer, frame.byteOffset, frame.length));
        parse(packet, LINK.ethernet, 0, frame.length, frame.length);
        return wanted(packet);
      });
      // Sent from a namespace of its own sort: what else is there (neighbour discovery) is told by its addresses.
      const frames = await during({ match }, () => net.send(net.a, 'a0', all));
      const ours = new Set(all.map((frame) => frame.toString('hex')));
      const got = frames.map(({ bytes }) => bytes.toString('hex')).filter((hex) => ours.has(hex));
      expect({ match, got }).toEqual({ match, got: expected.map((frame) => frame.toString('hex')) });
    }
  });

  it('watches several interfaces, and counts what it had no room for', async () => {
    const frame = f.tcp4('192.0.2.7', 5, '10.0.0.1', 6);
    const both = await during(
      { match: { prefix: prefix('192.0.2.7/32') } },
      () => {
        net.send(net.a, 'a0', [frame]);
        net.send(net.a, 'a1', [frame, frame]);
      },
      ['b0', 'b1'],
    );
    expect(both.map((one) => one.interface).sort()).toEqual([0, 1, 1]);

    const capture = new LiveCapture(interfaces('b0'), { ...OPTIONS, ringBytes: 1 << 19 });
    net.send(net.a, 'a0', [f.udp4('192.0.2.7', 4_242, '10.0.0.1', 6, Buffer.alloc(1_400))], 3_000);
    const taken: LiveFrame[] = [];
    await capture.finish(1n << 62n, (one) => taken.push(one));
    expect(taken.length).toBeGreaterThan(0);
    expect(taken.length + capture.dropped()[0]!).toBeGreaterThanOrEqual(3_000);
  });

  it('tells when an interface goes', async () => {
    net.addPair(5);
    const capture = new LiveCapture(interfaces('b5'), OPTIONS);
    const gone: number[] = [];
    capture.listen(
      () => undefined,
      (i) => gone.push(i),
    );
    net.removePair(5);
    await until('it is told', () => gone.length > 0);
    capture.close();
    expect(gone).toEqual([0]);
  });

  it('says which interface is not there', () => {
    expect(() => new LiveCapture([{ ifindex: 99_999 }], OPTIONS)).toThrow('ENODEV');
  });
});
