import type { OnosError, OnosErrorCause } from './onos-error.js';

/** A request that got no answer. */
export interface Failure {
  readonly error: OnosError;
  /** ONOS cannot have seen the request: it may be sent again, whatever it does. */
  readonly neverSent: boolean;
  /** A kept connection that ONOS had closed meanwhile: worth another attempt at once, at the same address. */
  readonly stale: boolean;
  /** It is the address that failed, not the call: another address, or another moment, may do better. */
  readonly elsewhere: boolean;
}

const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL']);

/** Sorts what axios threw. Its error is never passed on: it holds the request, and that the password. */
export function classifyFailure(thrown: unknown, where: string, timedOutAfterMs: number | undefined, maxAnswerBytes: number): Failure {
  const cause = causeOf(thrown);
  const failure = (kind: OnosError['kind'], what: string, retryable: boolean, more: Partial<Failure> = {}): Failure => ({
    error: { kind, message: `${where}: ${what}`, retryable, cause },
    neverSent: false,
    stale: false,
    elsewhere: true,
    ...more,
  });

  if (timedOutAfterMs !== undefined)
    return failure(
      'timed-out',
      `no complete answer within ${timedOutAfterMs} ms. See whether ONOS is overloaded, or raise timeoutMs.`,
      true,
    );
  if (cause.message.startsWith('maxContentLength'))
    return failure(
      'undecodable',
      `the answer is larger than ${maxAnswerBytes} bytes and was not read. Ask for less, or raise maxAnswerBytes.`,
      false,
      { elsewhere: false },
    );
  const code = cause.code ?? cause.message;
  if (code.startsWith('HPE_')) return failure('undecodable', `what answers does not speak HTTP (${code}). Check address and port.`, false);
  if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code))
    return failure('unreachable', `no secure connection (${code}). Check the certificate of ONOS.`, false, { neverSent: true });
  return failure('unreachable', `no answer (${code}). See whether ONOS runs there and listens on this address.`, true, {
    neverSent: NEVER_SENT.has(code),
    stale: (code === 'ECONNRESET' || code === 'EPIPE') && onKeptConnection(thrown),
  });
}

function causeOf(thrown: unknown): OnosErrorCause {
  if (!(thrown instanceof Error)) return { message: 'unknown' };
  const { message } = thrown;
  return 'code' in thrown && typeof thrown.code === 'string' ? { code: thrown.code, message } : { message };
}

function onKeptConnection(thrown: unknown): boolean {
  if (typeof thrown !== 'object' || thrown === null || !('request' in thrown)) return false;
  const { request } = thrown;
  return typeof request === 'object' && request !== null && 'reusedSocket' in request && request.reusedSocket === true;
}
