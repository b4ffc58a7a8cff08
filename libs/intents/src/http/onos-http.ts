import { setTimeout as sleep } from 'node:timers/promises';
import { isRight, left, right, type Either } from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { Addresses } from './addresses.js';
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

  close(): void {
    this.closed = true;
    this.attempts.close();
  }

  private async run(call: Call): Promise<Either<OnosError, Answer>> {
    if (isStray(call.path)) return left(refused(call, this.address, 'an identifier in it is empty, "." or "..".'));
    const most = this.addresses.count + this.settings.retries;
    let sent = 0;
    for (let attempt = 1; ; attempt++) {
      const base = this.addresses.current;
      const result = await this.inTurn(call, base);
      if (isRight(result)) return result;
      const { error, neverSent, stale } = result.left;
      // A withdrawal whose first answer was lost and that now finds nothing has done its work.
      if (error.kind === 'not-found' && call.byIntentKey === true && call.method === 'DELETE' && sent > 0)
        return right({ status: 204, body: '', location: undefined, from: base });
      if (!neverSent) sent++;
      if (!isPassing(error)) return left(error);
      if (!stale) this.addresses.moveFrom(base);
      if (this.closed || attempt >= most || !(call.repeatable || neverSent)) return left(error);
      if (!stale && attempt >= this.addresses.count) await sleep(this.backoff(attempt - this.addresses.count));
    }
  }

  private async inTurn(call: Call, base: string): Promise<Either<Failure, Answer>> {
    const write = call.method !== 'GET';
    if (!(await this.gate.enter(write)))
      return notSent({
        ...refused(call, base, `${this.settings.maxWaiting} calls wait already. Call less, or raise maxConcurrent.`),
        retryable: true,
      });
    try {
      if (this.closed) return notSent(refused(call, base, 'this client was closed.'));
      return await this.attempts.send(call, base);
    } finally {
      this.gate.leave(write);
    }
  }

  private backoff(round: number): number {
    return this.settings.backoffMs * 2 ** round * (1 + this.settings.random());
  }
}

/** Worth another address or another moment. */
const isPassing = (error: OnosError): boolean =>
  error.retryable && (error.kind === 'unreachable' || error.kind === 'timed-out' || error.kind === 'server-error');

const notSent = (error: OnosError): Either<Failure, Answer> => left({ error, neverSent: true, stale: false });

const refused = (call: Call, base: string, why: string): OnosError => ({
  kind: 'refused',
  message: `${call.method} ${base}${call.path}: not sent: ${why}`,
  retryable: false,
});
