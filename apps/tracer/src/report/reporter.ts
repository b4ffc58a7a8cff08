import type { Envelope, Report } from '@guardpost/contracts';
import type { Sealer } from '@guardpost/platform';

const MAX_FLYING = 64;
const MAX_WAITING = 5_000;

/** What may be dropped first: what the next report of its kind says again. */
const RANK: Record<Report['kind'], number> = { heartbeat: 0, flows: 1, drops: 1, hit: 2, flow: 2, refused: 2 };

/** Seals reports and sends them in order. While Redis is away they wait, bounded; they are numbered when they leave. */
export class Reporter {
  readonly counts = { sent: 0, dropped: 0, failed: 0 };
  private send: ((envelope: Envelope) => Promise<unknown>) | undefined;
  private waiting: Report[] = [];
  private flying = 0;

  constructor(private readonly sealer: Sealer) {}

  get depth(): number {
    return this.waiting.length + this.flying;
  }

  start(send: (envelope: Envelope) => Promise<unknown>): void {
    this.send = send;
    this.pump();
  }

  stop(): void {
    this.send = undefined;
  }

  report(report: Report): void {
    this.waiting.push(report);
    this.pump();
    if (this.waiting.length === 0) return;
    // A newer heartbeat, table or drop state makes an older one that still waits worthless.
    if (RANK[report.kind] < 2) this.waiting = this.withoutOlder(report);
    if (this.waiting.length <= MAX_WAITING) return;
    const least = Math.min(...this.waiting.map((r) => RANK[r.kind]));
    this.waiting.splice(
      this.waiting.findIndex((r) => RANK[r.kind] === least),
      1,
    );
    this.counts.dropped += 1;
  }

  private withoutOlder(newest: Report): Report[] {
    const same = (r: Report): boolean =>
      r.kind === newest.kind && ('device' in r ? r.device : '') === ('device' in newest ? newest.device : '');
    const kept = this.waiting.filter((r) => r === newest || !same(r));
    this.counts.dropped += this.waiting.length - kept.length;
    return kept;
  }

  private pump(): void {
    while (this.send !== undefined && this.flying < MAX_FLYING) {
      const next = this.waiting.shift();
      if (next === undefined) return;
      this.flying += 1;
      this.send(this.sealer.seal(next)).then(
        () => this.settled('sent'),
        () => this.settled('failed'),
      );
    }
  }

  private settled(how: 'sent' | 'failed'): void {
    this.counts[how] += 1;
    this.flying -= 1;
    this.pump();
  }
}
