interface Row {
  readonly row: number;
  readonly bytes: number;
}

/** The `most` rows with the most bytes, of any number that is added. */
export class TopRows {
  private best: Row[] = [];
  /** What has no more than this is not among them. */
  private least = -1;

  constructor(private readonly most: number) {}

  add(row: number, bytes: number): void {
    if (bytes <= this.least) return;
    this.best.push({ row, bytes });
    if (this.best.length >= 2 * this.most) this.shorten();
  }

  /** Most bytes first. */
  rows(): number[] {
    this.shorten();
    return this.best.map(({ row }) => row);
  }

  private shorten(): void {
    this.best.sort((a, b) => b.bytes - a.bytes);
    if (this.best.length < this.most) return;
    this.best.length = this.most;
    this.least = this.best[this.most - 1]?.bytes ?? Infinity;
  }
}
