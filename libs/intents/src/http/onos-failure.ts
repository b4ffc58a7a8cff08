import type { OnosError } from './onos-error.js';

/** An `OnosError` thrown, for callers that are plain async. */
export class OnosFailure extends Error {
  override readonly name = 'OnosFailure';

  constructor(readonly error: OnosError) {
    super(error.message, error.cause === undefined ? undefined : { cause: error.cause });
  }
}
