import { isLeft } from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { OnosError } from './onos-error.js';
import { OnosFailure } from './onos-failure.js';

/** Runs the call. Rejects with `OnosFailure`, and with nothing else. */
export async function unwrap<A>(call: TaskEither<OnosError, A>): Promise<A> {
  const result = await call();
  if (isLeft(result)) throw new OnosFailure(result.left);
  return result.right;
}
