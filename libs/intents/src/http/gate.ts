interface Waiting {
  readonly enter: () => void;
  readonly timer: NodeJS.Timeout;
}

/** `full`: too many wait already. `late`: the wait was over before there was a place. */
export type Entry = 'in' | 'full' | 'late';

/**
 * Bounds the requests in flight. Writes go before reads, and reads leave two places free (one of three or fewer), so
 * that a rule on its way to the switch never queues behind a listing.
 */
export class Gate {
  private readonly writes: Waiting[] = [];
  private readonly reads: Waiting[] = [];
  private readonly forReads: number;
  private inside = 0;
  private reading = 0;

  constructor(
    private readonly places: number,
    private readonly maxWaiting: number,
  ) {
    this.forReads = places > 3 ? places - 2 : Math.max(1, places - 1);
  }

  /** Whoever is `in` must `leave`. */
  enter(write: boolean, waitMs: number): Promise<Entry> {
    if (this.admits(write)) {
      this.count(write, 1);
      return Promise.resolve('in');
    }
    if (this.writes.length + this.reads.length >= this.maxWaiting) return Promise.resolve('full');
    const queue = write ? this.writes : this.reads;
    // Whoever calls `enter` has counted the caller in already: nobody can slip into the place in between.
    return new Promise<Entry>((resolve) => {
      const one: Waiting = {
        enter: () => {
          clearTimeout(one.timer);
          resolve('in');
        },
        timer: setTimeout(() => {
          queue.splice(queue.indexOf(one), 1);
          resolve('late');
        }, waitMs),
      };
      queue.push(one);
    });
  }

  leave(write: boolean): void {
    this.count(write, -1);
    for (const kind of [true, false]) {
      const waiting = kind ? this.writes : this.reads;
      while (waiting.length > 0 && this.admits(kind)) {
        this.count(kind, 1);
        waiting.shift()!.enter();
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
