import { constants } from 'node:os';
import koffi from 'koffi';
import { BpfError } from '../libbpf/bpf-error.js';
import { closeFd } from '../libbpf/links.js';
import { mapMemory, type MappedMemory } from '../libbpf/memory.js';
import { libc, SOCKET_PROGRAM_SIZE } from '../libbpf/native.js';

const AF_PACKET = 17;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const ETH_P_ALL = 3;
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const SOL_PACKET = 263;
const OPTION = { rxRing: 5, statistics: 6, version: 10 } as const;
const TPACKET_V3 = 2;
const PACKET_OUTGOING = 4;
/** A block that is not full is handed over after so long. */
const RETIRE_MS = 20;
const BLOCK_BYTES = 1 << 18;
const FRAME_BYTES = 1 << 11; // a formality: blocks hold frames of any length
/** struct tpacket_block_desc; struct tpacket3_hdr and struct sockaddr_ll behind it (linux/if_packet.h). */
const BLOCK = { status: 8, packets: 12, first: 16 } as const;
const FRAME = { next: 0, sec: 4, nsec: 8, captured: 12, wire: 16, status: 20, mac: 24, tci: 32, tpid: 36, address: 48 } as const;
const PACKET_TYPE = 10; // in sockaddr_ll
const STATUS_KERNEL = 0;
const STATUS_USER = 1;
const VLAN_VALID = 0x10;
const TPID_VALID = 0x40;
const TYPE_VLAN = 0x8100;

/** A frame where it lies; true until the call returns. */
export interface SocketFrame {
  readonly view: DataView;
  readonly at: number;
  readonly captured: number;
  readonly wire: number;
  /** Since 1970, as the kernel stamped it. */
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly outgoing: boolean;
  /** What the kernel took out of the frame behind its addresses; 0 = nothing. */
  readonly tagType: number;
  readonly tag: number;
}

/** Frames of one interface, by a ring that the kernel fills (AF_PACKET, TPACKET_V3): no system call and no copy a frame. */
export class PacketSocket {
  /** Until they are given up, frames that did not fit into the ring are counted here. */
  dropped = 0;
  private readonly fd: number;
  private readonly memory: MappedMemory;
  private readonly words: Int32Array;
  private readonly view: DataView;
  private readonly blocks: number;
  private next = 0;
  private poll: ReturnType<typeof koffi.node.poll> | undefined;
  private closed = false;

  /** Frames are taken from now on. Throws BpfError: EPERM without CAP_NET_RAW, ENODEV where there is no such interface. */
  constructor(ifindex: number, filter: Buffer, ringBytes: number) {
    this.blocks = Math.max(2, Math.floor(ringBytes / BLOCK_BYTES));
    this.fd = libc.socket(AF_PACKET, SOCK_RAW_CLOEXEC, 0);
    if (this.fd < 0) throw new BpfError('open a packet socket', koffi.errno());
    try {
      this.set(OPTION.version, Int32Array.of(TPACKET_V3));
      const frames = (this.blocks * BLOCK_BYTES) / FRAME_BYTES;
      this.set(OPTION.rxRing, Uint32Array.of(BLOCK_BYTES, this.blocks, FRAME_BYTES, frames, RETIRE_MS, 0, 0));
      // Before the socket is bound: nothing gets in that was not asked for.
      const program = { len: filter.length / 8, filter };
      if (libc.attachFilter(this.fd, SOL_SOCKET, SO_ATTACH_FILTER, program, SOCKET_PROGRAM_SIZE) < 0)
        throw new BpfError('attach a filter to a packet socket', koffi.errno());
      this.memory = mapMemory(this.fd, this.blocks * BLOCK_BYTES, { write: true });
      this.words = new Int32Array(this.memory.buffer);
      this.view = new DataView(this.memory.buffer);
      this.bind(ifindex);
    } catch (error) {
      closeFd(this.fd);
      throw error;
    }
  }

  /** Throws BpfError where this process may open none (EPERM without CAP_NET_RAW). */
  static check(): void {
    const fd = libc.socket(AF_PACKET, SOCK_RAW_CLOEXEC, 0);
    if (fd < 0) throw new BpfError('open a packet socket', koffi.errno());
    closeFd(fd);
  }

  /** Hands over a block of frames at each turn of the event loop; `onGone` when the interface went away or down: nothing comes after that. */
  listen(take: (frame: SocketFrame) => void, onGone: (error: Error) => void): void {
    this.poll = koffi.node.poll(this.fd, { readable: true }, () => {
      this.drain(take, 1);
      // libuv ends the poll at an error: it is told of in this call or never.
      const errno = this.closed ? 0 : this.pendingError();
      if (errno === 0) return;
      this.drain(take);
      onGone(new BpfError('read a packet socket', errno));
    });
  }

  /** At most so many blocks that the kernel has given; how many there were. */
  drain(take: (frame: SocketFrame) => void, most = this.blocks): number {
    let taken = 0;
    for (; taken < most && !this.closed; taken++) {
      const block = this.next * BLOCK_BYTES;
      const status = (block + BLOCK.status) >> 2;
      if ((Atomics.load(this.words, status) & STATUS_USER) === 0) break;
      try {
        this.takeBlock(block, take);
      } finally {
        if (!this.closed) Atomics.store(this.words, status, STATUS_KERNEL);
      }
      this.next = (this.next + 1) % this.blocks;
    }
    return taken;
  }

  /** Longest time from a frame's arrival until it can be read. */
  static readonly settleMs = 2 * RETIRE_MS;

  /** Counts what has been dropped since the last call. */
  readStatistics(): void {
    const statistics = new Uint32Array(3); // struct tpacket_stats_v3: packets, drops, freeze count
    if (libc.getSocketOption(this.fd, SOL_PACKET, OPTION.statistics, statistics, Uint32Array.of(12)) === 0) this.dropped += statistics[1]!;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.readStatistics();
    this.poll?.stop();
    this.poll?.close();
    this.memory.free();
    closeFd(this.fd);
  }

  private takeBlock(block: number, take: (frame: SocketFrame) => void): void {
    const { view } = this;
    let at = block + view.getUint32(block + BLOCK.first, true);
    for (let left = view.getUint32(block + BLOCK.packets, true); left > 0 && !this.closed; left--) {
      const status = view.getUint32(at + FRAME.status, true);
      const isTagged = (status & VLAN_VALID) !== 0;
      const next = view.getUint32(at + FRAME.next, true);
      take({
        view,
        at: at + view.getUint16(at + FRAME.mac, true),
        captured: view.getUint32(at + FRAME.captured, true),
        wire: view.getUint32(at + FRAME.wire, true),
        seconds: view.getUint32(at + FRAME.sec, true),
        nanoseconds: view.getUint32(at + FRAME.nsec, true),
        outgoing: view.getUint8(at + FRAME.address + PACKET_TYPE) === PACKET_OUTGOING,
        tagType: isTagged ? ((status & TPID_VALID) !== 0 ? view.getUint16(at + FRAME.tpid, true) : TYPE_VLAN) : 0,
        tag: isTagged ? view.getUint16(at + FRAME.tci, true) : 0,
      });
      at += next;
    }
  }

  private bind(ifindex: number): void {
    const address = Buffer.alloc(20); // struct sockaddr_ll
    address.writeUInt16LE(AF_PACKET, 0);
    address.writeUInt16BE(ETH_P_ALL, 2);
    address.writeInt32LE(ifindex, 4);
    if (libc.bindSocket(this.fd, address, address.length) < 0)
      throw new BpfError(`bind a packet socket to interface ${ifindex}`, koffi.errno());
  }

  private set(name: number, value: Int32Array | Uint32Array): void {
    if (libc.setSocketOption(this.fd, SOL_PACKET, name, value, value.byteLength) < 0)
      throw new BpfError(`set option ${name} of a packet socket`, koffi.errno());
  }

  /** SO_ERROR: ENETDOWN once the interface is gone or down. */
  private pendingError(): number {
    const error = new Int32Array(1);
    libc.getSocketOption(this.fd, SOL_SOCKET, 4, error, Uint32Array.of(4));
    return error[0] === constants.errno.ENETDOWN || error[0] === constants.errno.ENODEV ? error[0] : 0;
  }
}
