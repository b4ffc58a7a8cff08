import { CaptureError } from './capture-error.js';
import { MAX_RECORD, type Decoder, type FileInterface, type FrameSink } from './frame-sink.js';

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
/** Kuznetzov's variant, of old Red Hats. */
const LONG_RECORD_HEADER = 24;

interface Variant {
  readonly perUs: number;
  readonly header: number;
}
const VARIANTS: ReadonlyMap<number, Variant> = new Map([
  [0xa1b2c3d4, { perUs: 1, header: RECORD_HEADER }],
  [0xa1b23c4d, { perUs: 1000, header: RECORD_HEADER }],
  [0xa1b2cd34, { perUs: 1, header: LONG_RECORD_HEADER }],
]);

/** pcap (draft-ietf-opsawg-pcap): either order of bytes, micro- and nanoseconds. */
export class PcapDecoder implements Decoder {
  private started = false;

  private constructor(
    private readonly little: boolean,
    private readonly variant: Variant,
    private readonly from: FileInterface,
  ) {}

  /** From the file's first 24 bytes; undefined where they are no pcap header. */
  static of(head: DataView): PcapDecoder | undefined {
    for (const little of [true, false]) {
      const variant = VARIANTS.get(head.getUint32(0, little));
      if (variant === undefined || head.byteLength < FILE_HEADER) continue;
      // The upper half says whether frames end with a check sequence: it is never read, as it lies behind the IP packet.
      const linkType = head.getUint32(20, little) & 0xffff;
      return new PcapDecoder(little, variant, { linkType, name: undefined });
    }
    return undefined;
  }

  decode(view: DataView, from: number, to: number, origin: number, sink: FrameSink): number {
    const { little } = this;
    const { perUs, header } = this.variant;
    let at = from;
    if (!this.started) {
      at += FILE_HEADER;
      this.started = true;
    }
    while (at + header <= to) {
      const captured = view.getUint32(at + 8, little);
      if (captured > MAX_RECORD)
        throw new CaptureError('damaged', `the record at byte ${origin + at} says that it has ${captured} bytes`, origin + at);
      const next = at + header + captured;
      if (next > to) break;
      const fraction = view.getUint32(at + 4, little);
      const us = view.getUint32(at, little) * 1e6 + (perUs === 1 ? fraction : Math.floor(fraction / perUs));
      sink.frame(at + header, captured, view.getUint32(at + 12, little), us, this.from);
      at = next;
    }
    return at;
  }
}
