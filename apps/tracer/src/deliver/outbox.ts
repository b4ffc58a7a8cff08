import type { Envelope } from '@guardpost/contracts';
import type { QueuePort, Sealer } from '@guardpost/platform';
import type { DetectionDraft } from '@guardpost/detect';
import type { Spool } from './spool.js';
import type { Spooled } from './spool-file.js';

/** Adds that Redis has not answered yet. */
const MAX_FLYING = 256;
const RESEND_AFTER_MS = 5_000;
const RESEND_AT_MOST_MS = 60_000;
const RETRY_AFTER_MS = 500;
/** Detections that live in memory alone because the disk refused them. */
const MAX_UNSPOOLED = 5_000;

export interface OutboxClock {
  nowUs(): number;
  nowMs(): number;
}

/** Keeps each detection until a bridge has said that it is in the ledger, and hands it to the queue until then. */
export class Outbox {
  readonly counts = { sealed: 0, lost: 0, resent: 0, acknowledged: 0, diskRefused: 0, addFailed: 0 };
  private queue: Pick<QueuePort, 'add'> | undefined;
  private readonly waiting: [string, Spooled][] = [];
  private waitingFrom = 0;
  private flying = 0;
  private readonly unspooled = new Map<number, { envelope: Envelope; spooled: Spooled }>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly sealer: Sealer,
    private readonly spool: Spool,
    private readonly clock: OutboxClock,
    private readonly onProblem: (message: string) => void,
  ) {}

  /** What nobody has acknowledged. */
  get depth(): number {
    return this.spool.entries + this.unspooled.size;
  }

  /** From now on detections leave; first those that earlier boots left behind. */
  start(queue: Pick<QueuePort, 'add'>): void {
    this.queue = queue;
    this.waiting.length = this.waitingFrom = 0;
    for (const entry of this.entries()) this.waiting.push(entry);
    this.timer = setInterval(() => this.resend(), 1_000);
    this.pump();
  }

  stop(): void {
    clearInterval(this.timer);
    this.queue = undefined;
  }

  /** Synchronous up to the queue's own write. False when there is no room: nothing is sealed then, so no number is missing. */
  put(draft: DetectionDraft): boolean {
    if (this.spool.isFull() || this.unspooled.size >= MAX_UNSPOOLED) {
      this.counts.lost += 1;
      return false;
    }
    const envelope = this.sealer.seal({ ...draft, queuedAt: this.clock.nowUs() });
    this.counts.sealed += 1;
    const spooled = this.keep(envelope);
    if (this.queue !== undefined) {
      if (this.flying < MAX_FLYING && this.waitingFrom >= this.waiting.length) this.send(envelope.boot, spooled, envelope);
      else this.waiting.push([envelope.boot, spooled]);
    }
    return true;
  }

  acknowledge(boot: string, seqs: readonly number[]): void {
    this.counts.acknowledged += this.spool.acknowledge(boot, seqs);
    if (boot === this.sealer.boot) for (const seq of seqs) if (this.unspooled.delete(seq)) this.counts.acknowledged += 1;
  }

  private keep(envelope: Envelope): Spooled {
    try {
      return this.spool.append(envelope);
    } catch (error) {
      this.counts.diskRefused += 1;
      this.onProblem(`the spool can't be written: ${error instanceof Error ? error.message : String(error)}`);
      const spooled: Spooled = { seq: envelope.seq, offset: 0, length: 0, state: 'queued', attempts: 0, sentAtMs: 0 };
      this.unspooled.set(envelope.seq, { envelope, spooled });
      return spooled;
    }
  }

  private send(boot: string, spooled: Spooled, known?: Envelope): void {
    const queue = this.queue;
    const envelope = known ?? this.envelopeOf(boot, spooled);
    if (queue === undefined || envelope === undefined) return;
    spooled.state = 'flying';
    this.flying += 1;
    const settled = (): void => {
      spooled.state = 'sent';
      spooled.sentAtMs = this.clock.nowMs();
      this.flying -= 1;
      this.pump();
    };
    queue.add(`${envelope.from}:${boot}:${spooled.seq}`, envelope).then(settled, (error: unknown) => {
      this.counts.addFailed += 1;
      this.onProblem(`the queue refused a detection: ${error instanceof Error ? error.message : String(error)}`);
      settled();
      spooled.sentAtMs -= resendAfterMs(spooled) - RETRY_AFTER_MS; // Redis answered that it can't now: it may soon
    });
  }

  private pump(): void {
    while (this.queue !== undefined && this.flying < MAX_FLYING) {
      const next = this.waiting[this.waitingFrom];
      if (next === undefined) break;
      this.waitingFrom += 1;
      if (next[1].state === 'queued') this.send(...next); // one that was acknowledged meanwhile has no envelope any more
    }
    if (this.waitingFrom < this.waiting.length) return;
    this.waiting.length = this.waitingFrom = 0;
  }

  /** A sent detection that nobody acknowledged is added again: 5 s later, then less and less often, to a minute. */
  private resend(): void {
    const now = this.clock.nowMs();
    for (const [boot, spooled] of this.entries()) {
      if (spooled.state !== 'sent') continue;
      if (now - spooled.sentAtMs < resendAfterMs(spooled)) continue;
      spooled.state = 'queued';
      spooled.attempts += 1;
      this.counts.resent += 1;
      this.waiting.push([boot, spooled]);
    }
    this.pump();
  }

  private *entries(): Iterable<[string, Spooled]> {
    yield* this.spool.pending();
    for (const { spooled } of this.unspooled.values()) yield [this.sealer.boot, spooled];
  }

  private envelopeOf(boot: string, spooled: Spooled): Envelope | undefined {
    if (this.spool.holds(boot, spooled)) {
      const envelope = this.spool.read(boot, spooled);
      if (envelope !== undefined) return envelope;
      this.counts.lost += 1;
      this.spool.acknowledge(boot, [spooled.seq]);
      return undefined;
    }
    const kept = boot === this.sealer.boot ? this.unspooled.get(spooled.seq) : undefined;
    return kept?.spooled === spooled ? kept.envelope : undefined;
  }
}

const resendAfterMs = ({ attempts }: Spooled): number => Math.min(RESEND_AFTER_MS * 2 ** attempts, RESEND_AT_MOST_MS);
