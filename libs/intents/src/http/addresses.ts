import type { OnosError, OnosErrorKind } from './onos-error.js';

/** What is known of one address, from the requests that were sent to it. */
export interface AddressHealth {
  /** Base URL, with `/onos/v1` at its end. */
  readonly url: string;
  /** Whether ONOS answered the last request, be it with a refusal. undefined: nothing was asked yet. */
  readonly answers: boolean | undefined;
  /** Since when `answers` is so, in milliseconds since 1970. */
  readonly since: number | undefined;
  /** The last time that no ONOS answered; may be over. `at` in milliseconds since 1970. */
  readonly lastError: { readonly kind: OnosErrorKind; readonly message: string; readonly at: number } | undefined;
  /** The next call goes here. */
  readonly current: boolean;
}

type Known = Omit<AddressHealth, 'current'>;

/** Which ONOS gets the next request: stays with the one that works, and leaves it for one that is not known to be away. */
export class Addresses {
  private readonly known: Known[];
  private at = 0;

  constructor(
    urls: readonly string[],
    private readonly now: () => number = Date.now,
  ) {
    this.known = urls.map((url) => ({ url, answers: undefined, since: undefined, lastError: undefined }));
  }

  get count(): number {
    return this.known.length;
  }

  get current(): string {
    return this.known[this.at]!.url;
  }

  get health(): readonly AddressHealth[] {
    return this.known.map((one, i) => ({ ...one, current: i === this.at }));
  }

  answered(url: string): void {
    const i = this.note(url, true);
    if (this.known[this.at]?.answers === false) this.at = i;
  }

  /** No-op for the current address where another call has moved on already: many failures at once are one step, not many. */
  failed(url: string, { kind, message }: OnosError): void {
    const i = this.note(url, false);
    this.known[i] = { ...this.known[i]!, lastError: { kind, message, at: this.now() } };
    if (i === this.at) this.at = this.next();
  }

  /** Nearest after the current one of those that may answer; if none may, the one that was asked longest ago. */
  private next(): number {
    const others = this.known.map((_, i) => (this.at + 1 + i) % this.count);
    const hopeful = others.find((i) => this.known[i]?.answers !== false);
    return hopeful ?? others.reduce((oldest, i) => (this.failedAt(i) < this.failedAt(oldest) ? i : oldest));
  }

  private failedAt(i: number): number {
    return this.known[i]?.lastError?.at ?? 0;
  }

  private note(url: string, answers: boolean): number {
    const i = this.known.findIndex((one) => one.url === url);
    const before = this.known[i]!;
    if (before.answers !== answers) this.known[i] = { ...before, answers, since: this.now() };
    return i;
  }
}
