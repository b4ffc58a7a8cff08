/**
 * Why a call did not give what was asked:
 * - `unauthorised`  401 or 403: user or password
 * - `not-found`     ONOS looked and has no such device, host, intent or application
 * - `conflict`      ONOS holds something that contradicts the call
 * - `refused`       what was sent is wrong, or was never sent because it could only be wrong
 * - `unreachable`   no connection, a broken one, or a server without ONOS' REST interface behind the address
 * - `timed-out`     no complete answer in time; a write may have happened
 * - `undecodable`   an answer came and is not what ONOS 2.7 sends; a write may have happened
 * - `server-error`  ONOS failed (5xx)
 */
export type OnosErrorKind =
  'unauthorised' | 'not-found' | 'conflict' | 'refused' | 'unreachable' | 'timed-out' | 'undecodable' | 'server-error';

/** What is known of the failure below, without the request (which holds the password). */
export interface OnosErrorCause {
  readonly code?: string;
  readonly message: string;
}

/** An expected failure, as a value. `message` says which call at which address, what was wrong and what to do. */
export interface OnosError {
  readonly kind: OnosErrorKind;
  readonly message: string;
  /** The same call may succeed later, unchanged. Says nothing about whether repeating it is safe. */
  readonly retryable: boolean;
  /** HTTP status, where an answer came. */
  readonly status?: number;
  readonly cause?: OnosErrorCause;
}
