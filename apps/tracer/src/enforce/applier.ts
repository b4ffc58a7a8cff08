const RETRY_MS = 1_000;
/** setTimeout takes no more than 2^31 - 1 ms. */
const MAX_TIMER_MS = 3_600_000;

/** Brings the newest state of a list into the tap. While one application runs, further ones wait and become one. */
export class Applier {
  /** Why the last application failed, until one succeeds. */
  problem: string | undefined;
  private wanted = false;
  private running: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  /** `apply` says when it must be called again because time passed, in microseconds since 1970. */
  constructor(
    private readonly apply: () => Promise<number>,
    private readonly nowUs: () => number,
    private readonly onProblem: (message: string) => void,
  ) {}

  /** Resolves when what was held at the time of the call is in the tap, or could not be brought there. */
  async request(): Promise<void> {
    this.wanted = true;
    this.running ??= this.run();
    return this.running;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.wanted && !this.stopped) {
      this.wanted = false;
      try {
        const again = await this.apply();
        this.problem = undefined;
        if (again !== Infinity) this.later((again - this.nowUs()) / 1000 + 1);
        else clearTimeout(this.timer);
      } catch (error) {
        this.problem = error instanceof Error ? error.message : String(error);
        this.onProblem(this.problem);
        this.later(RETRY_MS);
      }
    }
    this.running = undefined; // in the same turn as the last look: what is asked for now begins anew
  }

  private later(ms: number): void {
    clearTimeout(this.timer);
    if (!this.stopped) this.timer = setTimeout(() => void this.request(), Math.min(Math.max(ms, 1), MAX_TIMER_MS));
  }
}
