import type { Tap } from '@guardpost/bpf';
import type { Report } from '@guardpost/contracts';
import type { Clock } from '@guardpost/detect';

const EVERY_MS = 1_000;

/** Tells the bridges which drop list is in the kernel and what it stopped: at once when it changes, then as counts do. */
export class DropStateReport {
  private timer: NodeJS.Timeout | undefined;
  private lastTold = '';
  private version = 0;

  constructor(
    private readonly tap: Pick<Tap, 'dropCounts' | 'interfaces'>,
    private readonly clock: Pick<Clock, 'nowUs' | 'bootToUs'>,
    private readonly report: (report: Report) => void,
  ) {}

  start(): void {
    this.timer = setInterval(() => this.tell(), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** This version is in the kernel now. */
  applied(version: number): void {
    this.version = Math.max(0, version);
    this.lastTold = '';
    this.tell();
  }

  private tell(): void {
    const entries = this.tap.dropCounts().map(({ id, packets, bytes, lastBootNs }) => ({
      id,
      packets: Number(packets),
      bytes: Number(bytes),
      lastAt: lastBootNs > 0n ? this.clock.bootToUs(lastBootNs) : null,
    }));
    const unavailable = this.tap
      .interfaces()
      .filter((i) => i.xdp === 'unavailable')
      .map((i) => i.name);
    const told = JSON.stringify([this.version, entries, unavailable]);
    if (told === this.lastTold) return;
    this.lastTold = told;
    this.report({ kind: 'drops', version: this.version, at: this.clock.nowUs(), entries, unavailable });
  }
}
