import { CaptureError } from './capture-error.js';
import { MAX_RECORD, type Decoder, type FileInterface, type FrameSink } from './frame-sink.js';
import { timeOf, type ToUs } from './pcapng-time.js';

const BLOCK = { section: 0x0a0d0d0a, interface: 1, packet: 2, simple: 3, enhanced: 6 } as const;
const OPTION = { end: 0, name: 2, resolution: 9, offset: 14 } as const;
const BYTE_ORDER = 0x1a2b3c4d;
const MICROSECONDS = 6;
const SMALLEST_BLOCK = 12;

interface Interface extends FileInterface {
  readonly snapLength: number;
  readonly toUs: ToUs;
}

const padded = (length: number): number => (length + 3) & ~3;

/** pcapng (draft-ietf-opsawg-pcapng): sections of either order of bytes, several interfaces, enhanced, simple and the old packet blocks. */
export class PcapngDecoder implements Decoder {
  private little = true;
  private interfaces: Interface[] = [];

  static of(head: DataView): PcapngDecoder | undefined {
    return head.byteLength >= SMALLEST_BLOCK && head.getUint32(0) === BLOCK.section ? new PcapngDecoder() : undefined;
  }

  decode(view: DataView, from: number, to: number, origin: number, sink: FrameSink): number {
    let at = from;
    while (at + SMALLEST_BLOCK <= to) {
      let type = view.getUint32(at, this.little);
      if (view.getUint32(at) === BLOCK.section) {
        this.startSection(view, at, origin);
        type = BLOCK.section;
      }
      const length = view.getUint32(at + 4, this.little);
      if (length < SMALLEST_BLOCK || length % 4 !== 0 || length > MAX_RECORD)
        throw new CaptureError('damaged', `the block at byte ${origin + at} says that it has ${length} bytes`, origin + at);
      if (at + length > to) break;
      if (view.getUint32(at + length - 4, this.little) !== length)
        throw new CaptureError('damaged', `the block at byte ${origin + at} does not end as it begins`, origin + at);
      if (type === BLOCK.enhanced) this.enhanced(view, at, length, origin, sink);
      else if (type === BLOCK.interface) this.interfaces.push(this.interfaceOf(view, at, length, origin));
      else if (type === BLOCK.simple) this.simple(view, at, length, origin, sink);
      else if (type === BLOCK.packet) this.old(view, at, length, origin, sink);
      at += length;
    }
    return at;
  }

  private startSection(view: DataView, at: number, origin: number): void {
    const magic = view.getUint32(at + 8, true);
    if (magic !== BYTE_ORDER && view.getUint32(at + 8) !== BYTE_ORDER)
      throw new CaptureError('damaged', `the section at byte ${origin + at} has no byte-order magic`, origin + at);
    this.little = magic === BYTE_ORDER;
    this.interfaces = [];
  }

  private enhanced(view: DataView, at: number, length: number, origin: number, sink: FrameSink): void {
    const { little } = this;
    if (length < 32) throw tooShort(origin + at);
    const from = this.interfaceAt(view.getUint32(at + 8, little), origin + at);
    const captured = view.getUint32(at + 20, little);
    if (captured > length - 32) throw tooShort(origin + at);
    const us = from.toUs(view.getUint32(at + 12, little), view.getUint32(at + 16, little));
    sink.frame(at + 28, captured, view.getUint32(at + 24, little), us, from);
  }

  /** Without a time, from the first interface. */
  private simple(view: DataView, at: number, length: number, origin: number, sink: FrameSink): void {
    if (length < 16) throw tooShort(origin + at);
    const from = this.interfaceAt(0, origin + at);
    const wire = view.getUint32(at + 8, this.little);
    const captured = from.snapLength === 0 ? wire : Math.min(wire, from.snapLength);
    if (captured > length - 16) throw tooShort(origin + at);
    sink.frame(at + 12, captured, wire, 0, from);
  }

  private old(view: DataView, at: number, length: number, origin: number, sink: FrameSink): void {
    const { little } = this;
    if (length < 32) throw tooShort(origin + at);
    const from = this.interfaceAt(view.getUint16(at + 8, little), origin + at);
    const captured = view.getUint32(at + 20, little);
    if (captured > length - 32) throw tooShort(origin + at);
    const us = from.toUs(view.getUint32(at + 12, little), view.getUint32(at + 16, little));
    sink.frame(at + 28, captured, view.getUint32(at + 24, little), us, from);
  }

  private interfaceAt(index: number, at: number): Interface {
    const found = this.interfaces[index];
    if (found === undefined)
      throw new CaptureError('damaged', `the packet at byte ${at} is of an interface that the file does not describe`, at);
    return found;
  }

  private interfaceOf(view: DataView, at: number, length: number, origin: number): Interface {
    const { little } = this;
    if (length < 20) throw tooShort(origin + at);
    let name: string | undefined;
    let resolution: number = MICROSECONDS;
    let offset = 0;
    const end = at + length - 4;
    for (let option = at + 16; option + 4 <= end;) {
      const code = view.getUint16(option, little);
      const size = view.getUint16(option + 2, little);
      const value = option + 4;
      if (code === OPTION.end || value + size > end) break;
      if (code === OPTION.name)
        name = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + value, size)).replace(/\0+$/, '');
      if (code === OPTION.resolution && size === 1) resolution = view.getUint8(value);
      if (code === OPTION.offset && size === 8) offset = Number(view.getBigInt64(value, little));
      option = value + padded(size);
    }
    return {
      linkType: view.getUint16(at + 8, little),
      name,
      snapLength: view.getUint32(at + 12, little),
      toUs: timeOf(resolution, offset),
    };
  }
}

const tooShort = (at: number): CaptureError => new CaptureError('damaged', `the block at byte ${at} is too short for what it holds`, at);
