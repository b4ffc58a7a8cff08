import type { LiveFrame } from '@guardpost/bpf';
import type { Capture } from '@guardpost/contracts';
import { CaptureFile } from './capture-file.js';
import { interfaceBlock, packetBlock, sectionBlock, statisticsBlock } from './pcapng-blocks.js';

/** Frames as LiveCapture of libs/bpf gives them. */
export interface FrameSource {
  listen(onFrame: (frame: LiveFrame) => void, onGone: (interfaceAt: number) => void): void;
  finish(untilNs: bigint, onFrame: (frame: LiveFrame) => void): Promise<void>;
  dropped(): number[];
  close(): void;
}
export interface CaptureLimits {
  readonly packets: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly snapLength: number;
}
export type CaptureEnd = 'packets' | 'bytes' | 'seconds' | 'stopped' | 'interfaces gone';

const FLUSH_MS = 500;
const MAX_COMMENT = 4_000;
/** Of the statistics of an interface at the end of the file. */
const TRAILER_BYTES = 64;

/** One capture from its first frame to its last limit. */
export class RunningCapture {
  private readonly received: number[];
  private readonly gone = new Set<number>();
  private readonly file: CaptureFile;
  private readonly timers: NodeJS.Timeout[] = [];
  private ending: Promise<void> | undefined;
  private endNs: bigint | undefined;

  constructor(
    readonly state: Capture,
    path: string,
    private readonly limits: CaptureLimits,
    private readonly source: FrameSource,
    private readonly nowNs: () => bigint,
    private readonly onEnd: () => void,
  ) {
    this.received = state.interfaces.map(() => 0);
    this.file = new CaptureFile(path, (error) => {
      this.state.state = 'failed';
      this.state.endedBy = `the file can't be written: ${error.message}`;
      void this.end('stopped');
    });
    const { detection } = state.request;
    this.add(
      sectionBlock(
        'guardpost',
        `${detection === undefined ? '' : `detection ${detection}, `}capture ${state.id}: ${JSON.stringify(state.request)}`.slice(
          0,
          MAX_COMMENT,
        ),
      ),
    );
    for (const name of state.interfaces) this.add(interfaceBlock(name, limits.snapLength));
    this.timers.push(setTimeout(() => void this.end('seconds'), limits.seconds * 1000));
    this.timers.push(setInterval(() => void this.file.flush(), FLUSH_MS));
    source.listen(
      (frame) => this.take(frame),
      (at) => {
        this.gone.add(at);
        if (this.gone.size === state.interfaces.length) void this.end('interfaces gone');
      },
    );
  }

  /** Resolves when the file is whole. The first reason counts. */
  end(by: CaptureEnd): Promise<void> {
    return (this.ending ??= this.finish(by));
  }

  private take(frame: LiveFrame): void {
    const { state, limits } = this;
    if (this.endNs !== undefined && frame.ns > this.endNs) return;
    if (state.packets >= limits.packets || state.state === 'failed') return;
    const block = packetBlock(frame.interface, frame.ns, frame.outgoing, frame.bytes, frame.length);
    if (state.bytes + block.length + TRAILER_BYTES * state.interfaces.length > limits.bytes) {
      void this.end('bytes');
      this.endNs = 0n; // nothing smaller gets in behind it: a file has no holes
      return;
    }
    this.received[frame.interface]! += 1;
    if (!this.file.write(block)) {
      state.lost += 1;
      return;
    }
    state.bytes += block.length;
    state.packets += 1;
    if (state.packets >= limits.packets) void this.end('packets');
  }

  private async finish(by: CaptureEnd): Promise<void> {
    this.endNs ??= this.nowNs();
    for (const timer of this.timers) clearInterval(timer);
    await this.source.finish(this.endNs, (frame) => this.take(frame));
    const dropped = this.source.dropped();
    for (const [i, drops] of dropped.entries()) {
      this.state.lost += drops;
      this.add(statisticsBlock(i, this.nowNs(), this.received[i]! + drops, drops));
    }
    await this.file.close();
    this.state.endedAt = Number(this.nowNs() / 1000n);
    if (this.state.state === 'running') {
      this.state.state = 'done';
      this.state.endedBy = by;
    }
    this.onEnd();
  }

  private add(block: Buffer): void {
    this.file.write(block, true);
    this.state.bytes += block.length;
  }
}
