import type { FlowSample, Tap, TapEvent } from '@guardpost/bpf';
import type { Clock, Detector } from '@guardpost/detect';

const ROUND_MS = 1_000;
const ROUND_AT_MOST_MS = 10_000;
/** A round that took t is followed by the next after 50 t: readings take no more than 2 % of a core. */
const ROUND_REST = 50;

/** Feeds the detector: events as the kernel sends them, the flow table every second or less often when it is large. */
export class Capture {
  readonly counts = { events: 0, failed: 0, rounds: 0 };
  problem: string | undefined;
  /** From the kernel's time of the last event to the moment it had been dealt with. */
  lastEventLagUs = 0;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly tap: Pick<Tap, 'start' | 'flows'>,
    private readonly detector: Detector,
    private readonly clock: Clock,
    private readonly onFirstOfFlow: (event: TapEvent) => void,
    private readonly onEvicted: (flow: FlowSample) => void,
    private readonly onProblem: (message: string) => void,
  ) {}

  async start(): Promise<void> {
    await this.tap.start(
      (event) => this.guarded(() => this.onEvent(event)),
      (flow) =>
        this.guarded(() => {
          this.onEvicted(flow);
          this.detector.onEvicted(flow);
        }),
    );
    this.timer = setTimeout(() => this.round(), ROUND_MS);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private onEvent(event: TapEvent): void {
    this.counts.events += 1;
    // The detection is in the spool when this returns; only then does the kernel's ring forget the event.
    const isFirst = this.detector.onEvent(event);
    this.lastEventLagUs = this.clock.nowUs() - this.clock.bootToUs(event.bootNs);
    if (isFirst) this.onFirstOfFlow(event);
  }

  /** Synchronous on purpose: an eviction between reading the table and counting it would be counted twice. */
  private round(): void {
    const began = performance.now();
    try {
      const samples = this.tap.flows({ matchedOnly: true });
      this.detector.beginRound();
      this.detector.absorb(samples);
      this.detector.endRound();
      this.counts.rounds += 1;
      this.problem = undefined;
    } catch (error) {
      this.problem = `the flow table can't be read: ${error instanceof Error ? error.message : String(error)}`;
      this.onProblem(this.problem);
    }
    const rest = Math.min(Math.max(ROUND_MS, ROUND_REST * (performance.now() - began)), ROUND_AT_MOST_MS);
    if (!this.stopped) this.timer = setTimeout(() => this.round(), rest);
  }

  /** An event that can't be dealt with must not come again without end. */
  private guarded(handle: () => void): void {
    try {
      handle();
    } catch (error) {
      this.counts.failed += 1;
      this.onProblem(`an event could not be handled: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
