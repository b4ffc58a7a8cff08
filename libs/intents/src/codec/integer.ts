import { either } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';

/** A whole number from `least` to `most`, both included. */
export function integer(name: string, least: number, most: number): t.Type<number, number, unknown> {
  const is = (u: unknown): u is number => typeof u === 'number' && Number.isSafeInteger(u) && u >= least && u <= most;
  return new t.Type(name, is, (u, c) => either.chain(t.number.validate(u, c), (n) => (is(n) ? t.success(n) : t.failure(u, c))), t.identity);
}

/** A TCP, UDP or SCTP port. */
export const TransportPort = integer('TransportPort', 0, 65_535);
