import { createSocket, type Socket } from 'node:dgram';
import type { Message } from './message-writer.js';

export interface CollectorAddress {
  readonly address: string;
  readonly port: number;
}

const TICK_MS = 20;
/** Messages that wait for their turn: 2.8 MB at the size that is usual. */
const MAX_WAITING = 2_048;
/** What the system has not taken yet, a collector. */
const MAX_UNSENT_BYTES = 1 << 20;
const OPEN_AGAIN_MS = 10_000;
const CLOSE_WITHIN_MS = 2_000;

interface Collector {
  readonly at: CollectorAddress;
  socket: Socket | undefined;
  retry: NodeJS.Timeout | undefined;
}

/** Sends messages to every collector, so many a second and no more. A collector that is away costs nothing and holds nothing up. */
export class Outlet {
  /** `sent` and what follows: messages, a collector. `unreachable`: the collector's host said that nobody listens. */
  readonly counts = { sent: 0, skipped: 0, unreachable: 0, failed: 0 };
  private readonly collectors: Collector[];
  private waiting: Message[] = [];
  private timer: NodeJS.Timeout | undefined;
  private readonly perTick: number;
  private closed = false;

  constructor(
    collectors: readonly CollectorAddress[],
    messagesPerSecond: number,
    private readonly onProblem: (message: string) => void,
  ) {
    this.perTick = Math.max(1, Math.ceil((messagesPerSecond * TICK_MS) / 1000));
    this.collectors = collectors.map((at) => ({ at, socket: undefined, retry: undefined }));
    for (const to of this.collectors) this.open(to);
  }

  /** Messages that can be given now. */
  get room(): number {
    return MAX_WAITING - this.waiting.length;
  }
  get depth(): number {
    return this.waiting.length;
  }

  /** Never waits; a message that there is no room for is a gap in the sequence. */
  give(message: Message): void {
    if (this.room <= 0) {
      this.counts.skipped += this.collectors.length;
      return;
    }
    this.waiting.push(message);
    this.timer ??= setTimeout(() => this.tick(), 0);
  }

  /** Sends what waits, as fast as it may and no longer than that, and closes. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    for (let ticks = CLOSE_WITHIN_MS / TICK_MS; this.waiting.length > 0 && ticks > 0; ticks--) {
      await Promise.all(this.waiting.splice(0, this.perTick).map((message) => this.send(message)));
      if (this.waiting.length > 0) await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    this.counts.skipped += this.waiting.splice(0).length * this.collectors.length;
    for (const { socket, retry } of this.collectors) {
      clearTimeout(retry);
      socket?.close();
    }
  }

  private tick(): void {
    this.timer = undefined;
    for (const message of this.waiting.splice(0, this.perTick)) void this.send(message);
    if (this.waiting.length > 0) this.timer = setTimeout(() => this.tick(), TICK_MS);
  }

  private async send({ bytes }: Message): Promise<void> {
    await Promise.all(this.collectors.map((to) => this.sendTo(to, bytes)));
  }

  private sendTo(to: Collector, bytes: Buffer): Promise<void> {
    return new Promise((done) => {
      const { socket } = to;
      if (socket === undefined || socket.getSendQueueSize() + bytes.length > MAX_UNSENT_BYTES) {
        this.counts.skipped += 1;
        return done();
      }
      socket.send(bytes, (error) => {
        if (error === null) this.counts.sent += 1;
        else this.refused(to, socket, error);
        done();
      });
    });
  }

  private open(to: Collector): void {
    const { address, port } = to.at;
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.unref();
    socket.on('error', (error) => this.refused(to, socket, error));
    socket.connect(port, address);
    socket.once('connect', () => (to.socket = socket));
  }

  /** Of a connected socket the system tells at the next send that an earlier one met nobody. Without a way there, a new one is tried later. */
  private refused(to: Collector, socket: Socket, error: Error): void {
    const { address, port } = to.at;
    const isAway = 'code' in error && error.code === 'ECONNREFUSED';
    this.counts[isAway ? 'unreachable' : 'failed'] += 1;
    this.onProblem(`the collector ${address} port ${port} ${isAway ? 'does not listen' : `can't be reached: ${error.message}`}`);
    if (isAway || this.closed || to.retry !== undefined) return;
    to.socket = undefined;
    socket.close();
    to.retry = setTimeout(() => {
      to.retry = undefined;
      this.open(to);
    }, OPEN_AGAIN_MS).unref();
  }
}
