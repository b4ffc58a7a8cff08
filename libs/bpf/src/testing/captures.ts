import type { ByteSource } from '../file/byte-source.js';
import type { FrameSink } from '../file/frame-sink.js';

/** Capture files for tests. */
export interface Recorded {
  readonly frame: Buffer;
  /** Of the format's own units since 1970. */
  readonly seconds?: number;
  readonly fraction?: number;
  readonly captured?: number;
}

const words32 = (little: boolean, ...values: number[]): Buffer => {
  const out = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => (little ? out.writeUInt32LE(value >>> 0, 4 * i) : out.writeUInt32BE(value >>> 0, 4 * i)));
  return out;
};
const words16 = (little: boolean, ...values: number[]): Buffer => {
  const out = Buffer.alloc(2 * values.length);
  values.forEach((value, i) => (little ? out.writeUInt16LE(value, 2 * i) : out.writeUInt16BE(value, 2 * i)));
  return out;
};

export function pcap(records: readonly Recorded[], { little = true, magic = 0xa1b2c3d4, linkType = 1 } = {}): Buffer {
  const head = Buffer.concat([words32(little, magic), words16(little, 2, 4), words32(little, 0, 0, 262144, linkType)]);
  const bodies = records.map(({ frame, seconds = 0, fraction = 0, captured = frame.length }) =>
    Buffer.concat([words32(little, seconds, fraction, captured, frame.length), frame.subarray(0, captured)]),
  );
  return Buffer.concat([head, ...bodies]);
}

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);

/** Blocks of one section, in an order of bytes. */
export class Pcapng {
  constructor(private readonly little = true) {}

  block(type: number, body: Buffer): Buffer {
    const length = words32(this.little, 12 + padded(body).length);
    return Buffer.concat([words32(this.little, type), length, padded(body), length]);
  }
  section(): Buffer {
    return this.block(
      0x0a0d0d0a,
      Buffer.concat([words32(this.little, 0x1a2b3c4d), words16(this.little, 1, 0), words32(this.little, 0xffffffff, 0xffffffff)]),
    );
  }
  option(code: number, value: Buffer): Buffer {
    return Buffer.concat([words16(this.little, code, value.length), padded(value)]);
  }
  interface(linkType: number, snapLength = 0, ...options: Buffer[]): Buffer {
    const body = Buffer.concat([words16(this.little, linkType, 0), words32(this.little, snapLength), ...options]);
    return this.block(1, options.length === 0 ? body : Buffer.concat([body, words32(this.little, 0)]));
  }
  enhanced(of: number, time: bigint, frame: Buffer, wire = frame.length): Buffer {
    const head = words32(this.little, of, Number(time >> 32n), Number(time & 0xffffffffn), frame.length, wire);
    return this.block(6, Buffer.concat([head, frame]));
  }
  simple(wire: number, frame: Buffer): Buffer {
    return this.block(3, Buffer.concat([words32(this.little, wire), frame]));
  }
  old(of: number, time: bigint, frame: Buffer): Buffer {
    const times = words32(this.little, Number(time >> 32n), Number(time & 0xffffffffn), frame.length, frame.length);
    return this.block(2, Buffer.concat([words16(this.little, of, 0), times, frame]));
  }
}

/** Gives `bytes` in pieces of `size`. */
export function sourceOf(bytes: Buffer, size = bytes.length): ByteSource {
  let at = 0;
  return {
    read: async (into) => {
      const count = Math.min(size, into.length, bytes.length - at);
      into.set(bytes.subarray(at, at + count));
      at += count;
      return count;
    },
    close: async () => undefined,
  };
}

export interface Seen {
  readonly frame: string;
  readonly wire: number;
  readonly us: number;
  readonly linkType: number;
  readonly name: string | undefined;
}
/** Keeps what it is given. */
export class Frames implements FrameSink {
  readonly seen: Seen[] = [];
  private bytes: Uint8Array = new Uint8Array(0);

  attach(bytes: Uint8Array): void {
    this.bytes = bytes;
  }
  frame(at: number, captured: number, wire: number, us: number, { linkType, name }: { linkType: number; name: string | undefined }): void {
    this.seen.push({ frame: Buffer.from(this.bytes.subarray(at, at + captured)).toString('hex'), wire, us, linkType, name });
  }
}
