import { LINK } from '../packet/link-type.js';
import { Packet } from '../packet/packet.js';
import { parse } from '../packet/parse.js';
import type { NetInterface } from '../net/rtnetlink.js';
import { packetMatcher, type PacketMatch } from './packet-match.js';
import { PacketSocket, type SocketFrame } from './packet-socket.js';
import { socketFilter } from './socket-filter.js';

export interface LiveCaptureOptions {
  readonly match: PacketMatch;
  /** Bytes kept of a frame. */
  readonly snapLength: number;
  /** Of the kernel's buffer, an interface. */
  readonly ringBytes: number;
}

/** A frame that is wanted, as on the wire but for its end. */
export interface LiveFrame {
  /** Place of the interface in the list that was given. */
  readonly interface: number;
  readonly ns: bigint;
  readonly outgoing: boolean;
  /** The receiver's to keep. */
  readonly bytes: Buffer;
  /** Length on the wire, or of what the kernel had gathered to be cut later. */
  readonly length: number;
}

/** A frame is matched by so much of it, however little is kept: tunnels have long headers. */
const HEADERS_BYTES = 512;
const TAG_BYTES = 4;
const ADDRESSES_BYTES = 12;

/** Frames of some interfaces, both directions, that match: coarsely in the kernel, then by the parser that the tap has. */
export class LiveCapture {
  private readonly sockets: PacketSocket[] = [];
  private readonly packet = new Packet();
  private readonly wanted: (p: Packet) => boolean;

  /** Takes frames from now on. Throws BpfError as PacketSocket does. */
  constructor(
    interfaces: readonly Pick<NetInterface, 'ifindex'>[],
    private readonly options: LiveCaptureOptions,
  ) {
    this.wanted = packetMatcher(options.match);
    const filter = socketFilter(options.match, Math.max(options.snapLength, HEADERS_BYTES));
    try {
      for (const { ifindex } of interfaces) this.sockets.push(new PacketSocket(ifindex, filter, options.ringBytes));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Frames come from the event loop. An interface that goes away is told of once. */
  listen(onFrame: (frame: LiveFrame) => void, onGone: (interfaceAt: number) => void): void {
    for (const [i, socket] of this.sockets.entries()) {
      let gone = false;
      socket.listen(
        (frame) => this.take(i, frame, onFrame),
        () => {
          if (gone) return;
          gone = true;
          onGone(i);
        },
      );
    }
  }

  /** What came until `untilNs` is handed over yet; then it closes. */
  async finish(untilNs: bigint, onFrame: (frame: LiveFrame) => void): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, PacketSocket.settleMs));
    const inTime = (frame: LiveFrame): void => {
      if (frame.ns <= untilNs) onFrame(frame);
    };
    for (const [i, socket] of this.sockets.entries()) socket.drain((frame) => this.take(i, frame, inTime));
    this.close();
  }

  /** Frames that the kernel had no room for, an interface. */
  dropped(): number[] {
    return this.sockets.map((socket) => {
      socket.readStatistics();
      return socket.dropped;
    });
  }

  close(): void {
    for (const socket of this.sockets) socket.close();
  }

  private take(i: number, frame: SocketFrame, onFrame: (frame: LiveFrame) => void): void {
    const { view, at, captured, wire, tagType, tag } = frame;
    const { packet } = this;
    const source = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    packet.attach(source, view);
    parse(packet, LINK.ethernet, at, captured, wire);
    if (!this.wanted(packet)) return;
    const isTagged = tagType !== 0 && captured >= ADDRESSES_BYTES && this.options.snapLength >= ADDRESSES_BYTES + TAG_BYTES;
    const kept = Math.min(captured, this.options.snapLength - (isTagged ? TAG_BYTES : 0));
    const bytes = Buffer.allocUnsafe(kept + (isTagged ? TAG_BYTES : 0));
    if (isTagged) {
      bytes.set(source.subarray(at, at + ADDRESSES_BYTES));
      bytes.writeUInt16BE(tagType, ADDRESSES_BYTES);
      bytes.writeUInt16BE(tag, ADDRESSES_BYTES + 2);
      bytes.set(source.subarray(at + ADDRESSES_BYTES, at + kept), ADDRESSES_BYTES + TAG_BYTES);
    } else bytes.set(source.subarray(at, at + kept));
    onFrame({
      interface: i,
      ns: BigInt(frame.seconds) * 1_000_000_000n + BigInt(frame.nanoseconds),
      outgoing: frame.outgoing,
      bytes,
      length: wire + (isTagged ? TAG_BYTES : 0),
    });
  }
}
