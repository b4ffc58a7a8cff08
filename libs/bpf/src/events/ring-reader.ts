import koffi from 'koffi';
import { mapInfo } from '../libbpf/maps.js';
import { mapMemory, PAGE_SIZE, type MappedMemory } from '../libbpf/memory.js';

const HEADER_BYTES = 8;
/** BPF_RINGBUF_BUSY_BIT is the sign bit; BPF_RINGBUF_DISCARD_BIT. */
const DISCARDED = 0x4000_0000;
const LENGTH_MASK = 0x3fff_ffff;
/** Records taken at one wake-up, so that a flood does not keep the event loop: what is left wakes us again at once. */
const MAX_AT_ONCE = 4096;

/** Looks at one record in place. It is the kernel's again afterwards. */
export type TakeRecord = (view: DataView, offset: number, length: number) => void;

/**
 * A BPF ring buffer (Documentation/bpf/ringbuf.rst), read without a copy, a callback per record or a thread. libuv's epoll wakes us
 * (koffi.node.poll on the map's fd), and the two positions are read and written by Atomics.
 */
export class RingReader {
  private readonly size: number;
  private readonly consumer: MappedMemory;
  private readonly producer: MappedMemory;
  private readonly consumed: BigUint64Array;
  private readonly produced: BigUint64Array;
  private readonly headers: Int32Array;
  private readonly view: DataView;
  private poll: ReturnType<typeof koffi.node.poll> | undefined;
  private closed = false;

  constructor(private readonly fd: number) {
    this.size = mapInfo(fd).maxEntries;
    this.consumer = mapMemory(fd, PAGE_SIZE, { write: true });
    // The data is mapped twice in a row, so a record never wraps.
    this.producer = mapMemory(fd, PAGE_SIZE + 2 * this.size, { offset: PAGE_SIZE });
    this.consumed = new BigUint64Array(this.consumer.buffer, 0, 1);
    this.produced = new BigUint64Array(this.producer.buffer, 0, 1);
    this.headers = new Int32Array(this.producer.buffer, PAGE_SIZE);
    this.view = new DataView(this.producer.buffer, PAGE_SIZE);
  }

  /** Hands over what is there, at most `max` records; returns how many. A record that `take` throws at is consumed all the same. */
  drain(take: TakeRecord, max = Number.MAX_SAFE_INTEGER): number {
    if (this.closed) return 0;
    let at = Number(Atomics.load(this.consumed, 0));
    let taken = 0;
    while (taken < max && at < Number(Atomics.load(this.produced, 0))) {
      const offset = at & (this.size - 1);
      const header = Atomics.load(this.headers, offset >> 2);
      if (header < 0) break; // still being written: its commit wakes us
      const length = header & LENGTH_MASK;
      at += (length + HEADER_BYTES + 7) & ~7;
      taken++;
      try {
        if ((header & DISCARDED) === 0) take(this.view, offset + HEADER_BYTES, length);
      } finally {
        Atomics.store(this.consumed, 0, BigInt(at));
      }
    }
    return taken;
  }

  /** Drains whenever the kernel says that there is something. */
  listen(take: TakeRecord): void {
    this.poll = koffi.node.poll(this.fd, { readable: true }, () => void this.drain(take, MAX_AT_ONCE));
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.poll?.stop();
    this.poll?.close();
    this.consumer.free();
    this.producer.free();
  }
}
