/** At most `perSecond` a second, and as many at once. */
export class TokenBucket {
  private tokens: number;
  private filledAt: number | undefined;

  constructor(private readonly perSecond: number) {
    this.tokens = perSecond;
  }

  take(nowUs: number): boolean {
    // A clock that was set back gives no tokens; it takes none either.
    const passed = Math.max(0, nowUs - (this.filledAt ?? nowUs));
    this.filledAt = nowUs;
    this.tokens = Math.min(this.perSecond, this.tokens + (passed * this.perSecond) / 1e6);
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
