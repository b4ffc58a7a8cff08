/** Which ONOS gets the next request: stays with the one that works, moves on when that one fails. */
export class Addresses {
  private at = 0;

  constructor(private readonly urls: readonly string[]) {}

  get count(): number {
    return this.urls.length;
  }

  get current(): string {
    return this.urls[this.at]!;
  }

  /** No-op where another call has moved on already: many failures at once are one step, not many. */
  moveFrom(url: string): void {
    if (this.current === url) this.at = (this.at + 1) % this.urls.length;
  }
}
