import { setImmediate as otherCallbacks } from 'node:timers/promises';
import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import type * as t from 'io-ts';
import { decode, decodeElements } from '../codec/decode.js';
import { parseJson } from '../codec/digits.js';
import { listSlices } from '../codec/list-slices.js';
import { report } from '../codec/report.js';
import type { Answer, Call } from './call.js';
import { shorten } from './classify-answer.js';
import type { OnosError } from './onos-error.js';
import type { OnosHttp } from './onos-http.js';
import { undecodable } from './undecodable.js';

/** Characters of JSON that are parsed and decoded in one go: some 2 ms. */
const SLICE_CHARS = 131_072;

/** The body of an answer as `codec` says. */
export function ask<A>(http: OnosHttp, call: Call, codec: t.Type<A, unknown, unknown>): TaskEither<OnosError, A> {
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
): TaskEither<OnosError, A> {
  return ask(http, { method: 'GET', path, repeatable: true, ...more }, codec);
}

/** A GET of a list of any length, the field `name` of the answer. */
export function getList<A>(
  http: OnosHttp,
  path: string,
  name: string,
  item: t.Type<A, unknown, unknown>,
  more: Partial<Call> = {},
): TaskEither<OnosError, A[]> {
  const call: Call = { method: 'GET', path, repeatable: true, ...more };
  return pipe(
    http.send(call),
    TE.chain((answer) => () => readList(call, answer, name, item)),
  );
}

/** A call whose success has nothing to read. */
export function tell(http: OnosHttp, call: Call): TaskEither<OnosError, void> {
  return pipe(
    http.send(call),
    TE.map(() => undefined),
  );
}

export function readAnswer<A>(call: Call, answer: Answer, codec: t.Type<A, unknown, unknown>): E.Either<OnosError, A> {
  return pipe(
    E.tryCatch(
      () => parseJson(answer.body),
      () => noJson(call, answer),
    ),
    E.chain((json) =>
      pipe(
        decode(codec, json),
        E.mapLeft((errors) => otherShape(call, answer, errors)),
      ),
    ),
  );
}

/** Other callbacks run between the slices of a long answer: one of many megabytes holds nobody up. */
export async function readList<A>(
  call: Call,
  answer: Answer,
  name: string,
  item: t.Type<A, unknown, unknown>,
): Promise<E.Either<OnosError, A[]>> {
  const items: A[] = [];
  const slices = listSlices(answer.body, name, SLICE_CHARS);
  for (;;) {
    const slice = E.tryCatch(
      () => slices.next(),
      () => noJson(call, answer),
    );
    if (E.isLeft(slice)) return slice;
    if (slice.right.done === true) return E.right(items);
    if (slice.right.value === undefined) return E.left(undecodable(call, answer, `JSON of another shape: no list "${name}"`));
    const decoded = decodeElements(item, slice.right.value, name, items.length);
    if (E.isLeft(decoded)) return E.left(otherShape(call, answer, decoded.left));
    for (const one of decoded.right) items.push(one);
    if (answer.body.length > SLICE_CHARS) await otherCallbacks();
  }
}

const noJson = (call: Call, answer: Answer): OnosError =>
  undecodable(call, answer, answer.body.trim() === '' ? 'an empty body' : `no JSON but "${shorten(answer.body)}"`);

const otherShape = (call: Call, answer: Answer, errors: t.Errors): OnosError =>
  undecodable(call, answer, `JSON of another shape: ${report(errors)}`);

/** Something that is ours to put right before it is sent. */
export function notSent(what: string): OnosError {
  return { kind: 'refused', message: `not sent to ONOS: ${what}`, retryable: false };
}

/** What goes out is checked like what comes in: ONOS takes a priority of -1 or a port of 70000 without a word. */
export function checked<A>(codec: t.Type<A, unknown, unknown>, value: A): E.Either<OnosError, A> {
  const result = decode(codec, value);
  return E.isLeft(result) ? E.left(notSent(report(result.left))) : E.right(value);
}
