import { setTimeout as sleep } from 'node:timers/promises';
import { isRight, left, right, type Either } from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { Addresses, type AddressHealth } from './addresses.js';
import { Attempts } from './attempt.js';
import { isStray, type Answer, type Call } from './call.js';
import type { Failure } from './classify-failure.js';
import { Gate } from './gate.js';
import type { OnosError } from './onos-error.js';
import type { OnosSettings } from './onos-options.js';

/** Sends calls: bounded, to the address that works, again where that is safe. */
export class OnosHttp {
  private readonly addresses: Addresses;
  private readonly attempts: Attempts;
  private readonly gate: Gate;
  private closed = false;

  constructor(readonly settings: OnosSettings) {
    this.addresses = new Addresses(settings.urls);
    this.attempts = new Attempts(settings);
    this.gate = new Gate(settings.maxConcurrent, settings.maxWaiting);
  }

  send(call: Call): TaskEither<OnosError, Answer> {
    return () => this.run(call);
  }

  /** The address that the next call goes to. */
  get address(): string {
    return this.addresses.current;
  }

  get health(): readonly AddressHealth[] {
    return this.addresses.health;
  }

  /** Sends `call` once to each of the addresses that `wanted` picks, past the gate: their number bounds it. */
  async ask(call: Call, wanted: (address: AddressHealth) => boolean = () => true): Promise<void> {
    const urls = this.closed ? [] : this.health.filter(wanted).map(({ url }) => url);
    await Promise.all(urls.map((url) => this.attempt(call, url, this.settings.timeoutMs)));
  }

  close(): void {
    this.closed = true;
    this.attempts.close();
  }

  private async run(call: Call): Promise<Either<OnosError, Answer>> {
    if (isStray(call.path)) return left(refused(call, this.address, 'an identifier in it is empty, "." or "..".'));
    const endsAt = performance.now() + this.settings.deadlineMs;
    let sent = 0;
    for (let attempt = 1; ; attempt++) {
      const base = this.addresses.current;
      const result = await this.inTurn(call, base, endsAt);
      if (isRight(result)) return result;
      const { error, neverSent, stale, elsewhere } = result.left;
      // A withdrawal whose first answer was lost and that now finds nothing has done its work.
      if (error.kind === 'not-found' && call.goneIsDone === true && sent > 0)
        return right({ status: 204, body: '', location: undefined, from: base });
      if (!neverSent) sent++;
      const most = this.addresses.count + (error.retryable ? this.settings.retries : 0);
      if (!elsewhere || this.closed || attempt >= most || !(call.repeatable || neverSent)) return left(error);
      const pauseMs = !stale && attempt >= this.addresses.count ? this.backoff(attempt - this.addresses.count) : 0;
      if (performance.now() + pauseMs >= endsAt) return left(error);
      if (pauseMs > 0) await sleep(pauseMs);
    }
  }

  private async inTurn(call: Call, base: string, endsAt: number): Promise<Either<Failure, Answer>> {
    const write = call.method !== 'GET';
    const entry = await this.gate.enter(write, Math.max(0, endsAt - performance.now()));
    if (entry !== 'in') return notSent(crowded(call, base, entry, this.settings));
    try {
      if (this.closed) return notSent(refused(call, base, 'this client was closed.'));
      const restMs = Math.ceil(endsAt - performance.now());
      if (restMs <= 0) return notSent(crowded(call, base, 'late', this.settings));
      return await this.attempt(call, base, Math.min(restMs, call.timeoutMs ?? this.settings.timeoutMs));
    } finally {
      this.gate.leave(write);
    }
  }

  /** One request, and what it says about its address. */
  private async attempt(call: Call, base: string, timeoutMs: number): Promise<Either<Failure, Answer>> {
    const result = await this.attempts.send(call, base, timeoutMs);
    if (this.closed) return result;
    if (isRight(result)) this.addresses.answered(base);
    else if (result.left.elsewhere) {
      if (!result.left.stale) this.addresses.failed(base, result.left.error);
    } else if (result.left.error.status !== undefined) this.addresses.answered(base);
    return result;
  }

  private backoff(round: number): number {
    return this.settings.backoffMs * 2 ** round * (1 + this.settings.random());
  }
}

const notSent = (error: OnosError): Either<Failure, Answer> => left({ error, neverSent: true, stale: false, elsewhere: false });

const refused = (call: Call, base: string, why: string): OnosError => ({
  kind: 'refused',
  message: `${call.method} ${base}${call.path}: not sent: ${why}`,
  retryable: false,
});

const crowded = (call: Call, base: string, entry: 'full' | 'late', { maxWaiting, deadlineMs }: OnosSettings): OnosError =>
  entry === 'full'
    ? { ...refused(call, base, `${maxWaiting} calls wait already. Call less, or raise maxConcurrent.`), retryable: true }
    : {
        kind: 'timed-out',
        message: `${call.method} ${base}${call.path}: not sent: no turn within ${deadlineMs} ms. Call less, or raise maxConcurrent.`,
        retryable: true,
      };
