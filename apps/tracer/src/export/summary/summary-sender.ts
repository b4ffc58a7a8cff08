import type { Envelope, FlowSummary } from '@guardpost/contracts';
import type { Sealer } from '@guardpost/platform';

const MAX_FLYING = 4;
/** Five minutes at the usual interval. */
const MAX_WAITING = 30;

/** Seals summaries and sends them in order. While Redis is away the newest wait; they are numbered when they leave. */
export class SummarySender {
  readonly counts = { sent: 0, dropped: 0, failed: 0 };
  private send: ((envelope: Envelope) => Promise<unknown>) | undefined;
  private readonly waiting: FlowSummary[] = [];
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

  put(summary: FlowSummary): void {
    this.waiting.push(summary);
    this.pump();
    if (this.waiting.length <= MAX_WAITING) return;
    this.waiting.shift();
    this.counts.dropped += 1;
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
