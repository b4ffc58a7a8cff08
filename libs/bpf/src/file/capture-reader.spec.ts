import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Frames, pcap, Pcapng, sourceOf } from '../testing/captures.js';
import { readCapture } from './capture-reader.js';

const US = 1_700_000_000_123_456;
const A = Buffer.from('aabbcc', 'hex');
const B = Buffer.alloc(1500, 7);

/** What comes out of a file, and the error that ends it. */
async function read(file: Buffer, pieces?: number) {
  const frames = new Frames();
  const error = await readCapture(sourceOf(file, pieces), frames).then(
    () => undefined,
    (e: unknown) => e,
  );
  return { seen: frames.seen, error };
}
const at = { seconds: 1_700_000_000, fraction: 123_456 };
const seenA = { frame: 'aabbcc', wire: 3, us: US, linkType: 1 };

describe('pcap', () => {
  it.each([
    ['little endian', { little: true }, 1],
    ['big endian', { little: false }, 1],
    ['nanoseconds', { magic: 0xa1b23c4d }, 1000],
    ['nanoseconds, big endian', { magic: 0xa1b23c4d, little: false }, 1000],
  ])('%s', async (_, options, perUs) => {
    const file = pcap(
      [
        { frame: A, seconds: at.seconds, fraction: at.fraction * perUs + perUs - 1 },
        { frame: B, captured: 100 },
      ],
      options,
    );
    const { seen, error } = await read(file);
    expect(error).toBeUndefined();
    expect(seen).toMatchObject([seenA, { frame: '07'.repeat(100), wire: 1500, us: 0 }]);
  });

  it('knows the link type under the length of a check sequence', async () => {
    expect((await read(pcap([{ frame: A }], { linkType: 0x5400_0071 }))).seen).toMatchObject([{ linkType: 113 }]);
  });

  it('says at which byte a file is cut off, and keeps what came before', async () => {
    const file = pcap([{ frame: A, ...at }, { frame: B }]);
    const { seen, error } = await read(file.subarray(0, -5));
    expect(seen).toMatchObject([seenA]);
    expect(error).toMatchObject({ kind: 'cut-off', at: file.length - 5, message: expect.stringContaining('begins at byte 43') });
  });

  it('refuses a record of a length that nothing has', async () => {
    const file = pcap([{ frame: A, ...at }, { frame: A }]);
    file.writeUInt32LE(0x7fff_ffff, 43 + 8);
    const { seen, error } = await read(file);
    expect(seen).toHaveLength(1);
    expect(error).toMatchObject({ kind: 'damaged', at: 43 });
  });

  it.each([
    ['nothing', ''],
    ['three bytes', 'abc'],
    ['text', 'This is a README, and no capture at all.'],
    ['a bare magic', '\xd4\xc3\xb2\xa1'],
  ])('tells %s from a capture', async (_, text) => {
    expect((await read(Buffer.from(text, 'latin1'))).error).toMatchObject({ kind: 'not-a-capture' });
  });
});

describe('pcapng', () => {
  const little = new Pcapng();
  const big = new Pcapng(false);

  it('reads several interfaces, each with its link type, name and clock, and sections of either order of bytes', async () => {
    const resolution = (n: number) => little.option(9, Buffer.from([n]));
    const name = (text: string) => little.option(2, Buffer.from(text));
    const offset = Buffer.alloc(8);
    offset.writeBigInt64LE(-3600n);
    const file = Buffer.concat([
      little.section(),
      little.interface(1, 0, name('eth0')),
      little.interface(101, 0, resolution(9), name('tun0')),
      little.interface(1, 0, resolution(3)),
      little.interface(1, 0, resolution(0x80 | 20)),
      little.interface(1, 0, little.option(14, offset)),
      little.block(0x0bad, Buffer.from('a block that nobody knows')),
      little.enhanced(0, BigInt(US), A),
      little.enhanced(1, BigInt(US) * 1000n + 999n, A),
      little.enhanced(2, BigInt(US) / 1000n, A),
      little.enhanced(3, (BigInt(US) << 20n) / 1_000_000n + 1n, A),
      little.enhanced(4, BigInt(US), A, 1500),
      little.old(0, BigInt(US), A),
      little.simple(3, A),
      big.section(),
      big.interface(113),
      big.enhanced(0, BigInt(US), A),
    ]);
    const { seen, error } = await read(file);
    expect(error).toBeUndefined();
    expect(seen).toEqual([
      { ...seenA, name: 'eth0' },
      { ...seenA, linkType: 101, name: 'tun0' },
      { ...seenA, us: US - 456, name: undefined },
      { ...seenA, name: undefined },
      { ...seenA, us: US - 3_600_000_000, wire: 1500, name: undefined },
      { ...seenA, name: 'eth0' },
      { ...seenA, us: 0, name: 'eth0' },
      { ...seenA, linkType: 113, name: undefined },
    ]);
  });

  it('takes the snap length for a simple packet', async () => {
    const file = Buffer.concat([little.section(), little.interface(1, 2), little.simple(1500, A.subarray(0, 2))]);
    expect((await read(file)).seen).toMatchObject([{ frame: 'aabb', wire: 1500 }]);
  });

  it.each([
    ['an interface that is not described', little.enhanced(1, 0n, A)],
    ['a packet longer than its block', little.block(6, Buffer.concat([Buffer.alloc(12), Buffer.from([255, 0, 0, 0]), Buffer.alloc(8)]))],
    ['a block too short', little.block(6, Buffer.alloc(4))],
    ['lengths that differ', Buffer.concat([little.enhanced(0, 0n, A).subarray(0, -4), Buffer.alloc(4)])],
    ['a length that is no multiple of four', Buffer.from([6, 0, 0, 0, 33, 0, 0, 0, 0, 0, 0, 0])],
  ])('says where it is damaged: %s', async (_, block) => {
    const before = Buffer.concat([little.section(), little.interface(1), little.enhanced(0, 0n, A)]);
    const { seen, error } = await read(Buffer.concat([before, block]));
    expect(seen).toHaveLength(1);
    expect(error).toMatchObject({ kind: 'damaged', at: before.length });
  });
});

describe('readCapture', () => {
  const little = new Pcapng();
  const files = [
    pcap(Array.from({ length: 30 }, (_, i) => ({ frame: Buffer.alloc(i * 50, i) }))),
    Buffer.concat([
      little.section(),
      little.interface(1),
      ...Array.from({ length: 30 }, (_, i) => little.enhanced(0, BigInt(i), Buffer.alloc(i * 50, i))),
    ]),
  ];

  it('gives the same frames whatever the pieces in which the file comes', async () => {
    for (const file of files) {
      const whole = await read(file);
      for (const pieces of [1, 7, 24, 1000]) expect(await read(file, pieces)).toEqual(whole);
      expect(whole.seen).toHaveLength(30);
    }
  });

  it('ends with an error or well on any bytes', async () => {
    const mutation = fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), fc.array(mutation, { maxLength: 8 }), fc.nat(30_000), async (file, mutations, length) => {
        const broken = Buffer.from(file.subarray(0, length));
        for (const [place, value] of mutations) if (broken.length > 0) broken[Math.floor(place * broken.length)] = value;
        const { error } = await read(broken);
        expect(error === undefined || (error instanceof Error && error.name === 'CaptureError')).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
