/**
 * Bounds the requests in flight. Writes go before reads, and reads leave two places free (one of three or fewer), so
 * that a rule on its way to the switch never queues behind a listing.
 */
export class Gate {
  private readonly writes: Array<() => void> = [];
  private readonly reads: Array<() => void> = [];
  private readonly forReads: number;
  private inside = 0;
  private reading = 0;

  constructor(
    private readonly places: number,
    private readonly maxWaiting: number,
  ) {
    this.forReads = places > 3 ? places - 2 : Math.max(1, places - 1);
  }

  /** Resolves when the caller may go in; false at once where too many wait already. */
  async enter(write: boolean): Promise<boolean> {
    if (!this.admits(write)) {
      if (this.writes.length + this.reads.length >= this.maxWaiting) return false;
      // Whoever calls `resolve` has counted the caller in already: nobody can slip into the place in between.
      await new Promise<void>((resolve) => (write ? this.writes : this.reads).push(resolve));
      return true;
    }
    this.count(write, 1);
    return true;
  }

  leave(write: boolean): void {
    this.count(write, -1);
    for (const kind of [true, false]) {
      const waiting = kind ? this.writes : this.reads;
      while (waiting.length > 0 && this.admits(kind)) {
        this.count(kind, 1);
        waiting.shift()!();
      }
    }
  }

  private admits(write: boolean): boolean {
    return this.inside < this.places && (write || this.reading < this.forReads);
  }

  private count(write: boolean, by: 1 | -1): void {
    this.inside += by;
    if (!write) this.reading += by;
  }
}
