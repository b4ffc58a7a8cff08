/** pcapng (draft-ietf-opsawg-pcapng), little endian, times in nanoseconds. */
const BLOCK = { section: 0x0a0d0d0a, interface: 1, statistics: 5, enhanced: 6 } as const;
const OPTION = { end: 0, comment: 1, application: 4, name: 2, resolution: 9, flags: 2, received: 4, dropped: 5 } as const;
const BYTE_ORDER = 0x1a2b3c4d;
const LINK_ETHERNET = 1;
const NANOSECONDS = 9;
const FLAG = { inbound: 1, outbound: 2 } as const;
const LOW = 0xffff_ffffn;

const pad = (length: number): number => -length & 3;

function block(type: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = 12 + body.length + pad(body.length);
  const out = Buffer.alloc(length);
  out.writeUInt32LE(type, 0);
  out.writeUInt32LE(length, 4);
  body.copy(out, 8);
  out.writeUInt32LE(length, length - 4);
  return out;
}

function option(code: number, value: Buffer): Buffer {
  const out = Buffer.alloc(4 + value.length + pad(value.length));
  out.writeUInt16LE(code, 0);
  out.writeUInt16LE(value.length, 2);
  value.copy(out, 4);
  return out;
}
const END = option(OPTION.end, Buffer.alloc(0));
const words = (...values: number[]): Buffer => {
  const out = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => out.writeUInt32LE(value, 4 * i));
  return out;
};
const time = (ns: bigint): number[] => [Number(ns >> 32n), Number(ns & LOW)];
const uint64 = (value: number): Buffer => {
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(BigInt(value));
  return out;
};

export const sectionBlock = (application: string, comment: string): Buffer =>
  block(
    BLOCK.section,
    words(BYTE_ORDER, 1 /* version 1.0 */, 0xffff_ffff, 0xffff_ffff /* length not known */),
    option(OPTION.comment, Buffer.from(comment)),
    option(OPTION.application, Buffer.from(application)),
    END,
  );

export const interfaceBlock = (name: string, snapLength: number): Buffer =>
  block(
    BLOCK.interface,
    words(LINK_ETHERNET, snapLength),
    option(OPTION.name, Buffer.from(name)),
    option(OPTION.resolution, Buffer.of(NANOSECONDS)),
    END,
  );

/** `ns` since 1970; `length` on the wire. */
export function packetBlock(at: number, ns: bigint, outgoing: boolean, bytes: Buffer, length: number): Buffer {
  const flags = option(OPTION.flags, words(outgoing ? FLAG.outbound : FLAG.inbound));
  return block(BLOCK.enhanced, words(at, ...time(ns), bytes.length, length), bytes, Buffer.alloc(pad(bytes.length)), flags, END);
}

export const statisticsBlock = (at: number, ns: bigint, received: number, dropped: number): Buffer =>
  block(BLOCK.statistics, words(at, ...time(ns)), option(OPTION.received, uint64(received)), option(OPTION.dropped, uint64(dropped)), END);
