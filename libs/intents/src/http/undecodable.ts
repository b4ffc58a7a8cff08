import type { Answer, Call } from './call.js';
import type { OnosError } from './onos-error.js';

/** `what`: what came instead, as in "an empty body". */
export function undecodable(call: Call, answer: Pick<Answer, 'status' | 'from'>, what: string): OnosError {
  return {
    kind: 'undecodable',
    message: `${call.method} ${answer.from}${call.path}: ${answer.status} with ${what}. Is this an ONOS 2.7, with nothing in between that rewrites answers?`,
    retryable: false,
    status: answer.status,
  };
}
