import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { path, type Answer, type Call, type Reading } from '../http/call.js';
import type { OnosError } from '../http/onos-error.js';
import type { OnosHttp } from '../http/onos-http.js';
import { checked, get, getList, tell } from '../http/read-answer.js';
import { undecodable } from '../http/undecodable.js';
import { IntentRequest } from './intent-request.codec.js';
import { Intent, OtherIntent } from './intent.codec.js';
import { MiniSummary } from './mini-summary.codec.js';
import { RelatedFlows } from './related-flows.codec.js';

/** Intents (IntentsWebResource). Keys are given as they are: `203.0.113.0/24`, `0x1e`. */
export interface IntentCalls {
  /** All intents, with detail. For some milliseconds after a withdrawal the intent may still be listed, WITHDRAWN. */
  list(): TE.TaskEither<OnosError, Intent[]>;
  ofApp(appId: string): TE.TaskEither<OnosError, Intent[]>;
  /** `not-found` for a missing intent and for an unknown application. */
  get(appId: string, key: string): TE.TaskEither<OnosError, Intent>;
  /**
   * The id (`0x56`) of the new intent. ONOS has taken it, no more: read its state; unknown devices end in FAILED.
   * Not repeated when its fate is unknown, since each submission gives a new id.
   */
  submit(intent: IntentRequest): TE.TaskEither<OnosError, string>;
  /** Answers when the intent is WITHDRAWN, or after 5 s. A missing key: `not-found` where it is text, success where it is a number (`0x...`). */
  withdraw(appId: string, key: string): TE.TaskEither<OnosError, void>;
  /** The rules of an intent with what they really match. */
  relatedFlows(appId: string, key: string): TE.TaskEither<OnosError, RelatedFlows>;
  /** What the intent was compiled to; the links it uses are in `resources`. */
  installables(appId: string, key: string): TE.TaskEither<OnosError, OtherIntent[]>;
  miniSummary(): TE.TaskEither<OnosError, MiniSummary>;
}

export function intentCalls(http: OnosHttp): IntentCalls {
  const list = (of: string): TE.TaskEither<OnosError, Intent[]> => getList(http, `/intents${of}?detail=true`, 'intents', Intent);
  const byKey = { explain: missingKey };

  return {
    list: () => list(''),
    ofApp: (appId) => list(path`/application/${appId}`),
    get: (appId, key) => get(http, path`/intents/${appId}/${key}`, Intent, byKey),
    submit: (intent) =>
      pipe(
        TE.fromEither(checked(IntentRequest, intent)),
        TE.chain(() => {
          const call: Call = { method: 'POST', path: '/intents', body: JSON.stringify(intent), repeatable: false };
          return pipe(
            http.send(call),
            TE.chainEitherK((answer) => idFromLocation(call, answer)),
          );
        }),
      ),
    withdraw: (appId, key) =>
      tell(http, {
        method: 'DELETE',
        path: path`/intents/${appId}/${key}`,
        repeatable: true,
        timeoutMs: http.settings.slowTimeoutMs,
        goneIsDone: true,
        ...byKey,
      }),
    relatedFlows: (appId, key) => get(http, path`/intents/relatedflows/${appId}/${key}`, RelatedFlows, byKey),
    installables: (appId, key) => getList(http, path`/intents/installables/${appId}/${key}`, 'installables', OtherIntent, byKey),
    miniSummary: () => get(http, '/intents/minisummary', MiniSummary),
  };
}

/** A key of text that is not there is read as a number: `Long.decode` in IntentsWebResource. */
function missingKey(status: number, said: string): Reading | undefined {
  return status === 400 && said.startsWith('For input string')
    ? { kind: 'not-found', advice: 'ONOS has no intent with this key.' }
    : undefined;
}

/** `.../onos/v1/intents/{appId}/{decimal id}`: not a path to read the intent by, its key is; lists have the id in hexadecimal. */
function idFromLocation(call: Call, answer: Answer): E.Either<OnosError, string> {
  const id = /\/intents\/[^/]+\/(-?\d{1,19})$/.exec(answer.location ?? '')?.[1];
  return id === undefined
    ? E.left(undecodable(call, answer, `no intent id in the header Location ("${answer.location ?? ''}")`))
    : E.right(`0x${BigInt.asUintN(64, BigInt(id)).toString(16)}`);
}
