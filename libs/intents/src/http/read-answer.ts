import { left, right, type Either } from 'fp-ts/lib/Either.js';
import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import type * as t from 'io-ts';
import { quoteLongNumbers } from '../codec/digits.js';
import { report } from '../codec/report.js';
import type { Answer, Call } from './call.js';
import { shorten } from './classify-answer.js';
import type { OnosError } from './onos-error.js';
import type { OnosHttp } from './onos-http.js';

/** The body of an answer as `codec` says. */
export function ask<A>(http: OnosHttp, call: Call, codec: t.Type<A, unknown, unknown>): TE.TaskEither<OnosError, A> {
  return pipe(
    http.send(call),
    TE.chainEitherK((answer) => readAnswer(call, answer, codec)),
  );
}

/** A GET: always safe to repeat. */
export function get<A>(
  http: OnosHttp,
  path: string,
  codec: t.Type<A, unknown, unknown>,
  more: Partial<Call> = {},
): TE.TaskEither<OnosError, A> {
  return ask(http, { method: 'GET', path, repeatable: true, ...more }, codec);
}

/** A call whose success has nothing to read. */
export function tell(http: OnosHttp, call: Call): TE.TaskEither<OnosError, void> {
  return pipe(
    http.send(call),
    TE.map(() => undefined),
  );
}

export function readAnswer<A>(call: Call, answer: Answer, codec: t.Type<A, unknown, unknown>): Either<OnosError, A> {
  if (answer.body.trim() === '') return left(undecodable(call, answer, 'an empty body'));
  return pipe(
    E.tryCatch<OnosError, unknown>(
      () => JSON.parse(quoteLongNumbers(answer.body)),
      () => undecodable(call, answer, `no JSON but "${shorten(answer.body)}"`),
    ),
    E.chain((json) =>
      pipe(
        codec.decode(json),
        E.mapLeft((errors) => undecodable(call, answer, `JSON of another shape: ${report(errors)}`)),
      ),
    ),
  );
}

export function undecodable(call: Call, answer: Answer, what: string): OnosError {
  return {
    kind: 'undecodable',
    message: `${call.method} ${answer.from}${call.path}: ${answer.status} with ${what}. Is this an ONOS 2.7, with nothing in between that rewrites answers?`,
    retryable: false,
    status: answer.status,
  };
}

/** Something that is ours to put right before it is sent. */
export function notSent(what: string): OnosError {
  return { kind: 'refused', message: `not sent to ONOS: ${what}`, retryable: false };
}

/** What goes out is checked like what comes in: ONOS takes a priority of -1 or a port of 70000 without a word. */
export function checked<A>(codec: t.Type<A, unknown, unknown>, value: A): Either<OnosError, A> {
  const result = codec.decode(value);
  return E.isLeft(result) ? left(notSent(report(result.left))) : right(value);
}
