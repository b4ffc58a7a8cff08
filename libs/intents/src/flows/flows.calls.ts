import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import * as t from 'io-ts';
import { path, type Answer, type Call } from '../http/call.js';
import type { OnosError } from '../http/onos-error.js';
import type { OnosHttp } from '../http/onos-http.js';
import { ask, checked, getList, notSent, tell } from '../http/read-answer.js';
import { undecodable } from '../http/undecodable.js';
import { FlowEntry, FlowId, FlowRef, FlowRule } from './flow-rule.codec.js';

const FlowRefList = t.type({ flows: t.array(FlowRef) }, 'FlowRefList');

/** Flow rules (FlowsWebResource). */
export interface FlowCalls {
  /** All rules of all devices. */
  list(): TE.TaskEither<OnosError, FlowEntry[]>;
  /** `not-found` also for a known device without any rule: ONOS does not tell them apart. */
  ofDevice(deviceId: string): TE.TaskEither<OnosError, FlowEntry[]>;
  /** `not-found` where the application never installed a rule since ONOS knows of it. */
  ofApp(appId: string): TE.TaskEither<OnosError, FlowEntry[]>;
  /** One rule; `not-found` where the device has none of this id. */
  get(deviceId: string, flowId: FlowId): TE.TaskEither<OnosError, FlowEntry>;
  /** ONOS has taken the rule, which proves nothing about the switch: unknown and disconnected devices are taken too. The same rule again gives the same id. */
  add(appId: string, rule: FlowRule): TE.TaskEither<OnosError, FlowId>;
  /** The ids in the order of `rules`. In requests of `bulkSize`; on an error some may have been taken, and all may be added again. */
  addAll(appId: string, rules: readonly FlowRule[]): TE.TaskEither<OnosError, FlowRef[]>;
  /** Succeeds where the rule is gone already. `not-found` where ONOS has no rule at all for the device. */
  remove(deviceId: string, flowId: FlowId): TE.TaskEither<OnosError, void>;
  /** Succeeds whatever is gone already, devices too. In requests of `bulkSize`. */
  removeAll(rules: readonly FlowRef[]): TE.TaskEither<OnosError, void>;
  /** Removes every rule of the application. */
  removeByApp(appId: string): TE.TaskEither<OnosError, void>;
}

export function flowCalls(http: OnosHttp): FlowCalls {
  const list = (of: string): TE.TaskEither<OnosError, FlowEntry[]> => getList(http, `/flows${of}`, 'flows', FlowEntry);

  return {
    list: () => list(''),
    ofDevice: (deviceId) => list(path`/${deviceId}`),
    ofApp: (appId) => list(path`/application/${appId}`),
    get: (deviceId, flowId) =>
      pipe(
        TE.fromEither(checked(FlowRef, { deviceId, flowId })),
        TE.chain(() => list(path`/${deviceId}/${flowId}`)),
        TE.chainEitherK(([flow]) => (flow === undefined ? E.left(noSuchRule(deviceId, flowId)) : E.right(flow))),
      ),
    add: (appId, rule) =>
      pipe(
        TE.fromEither(checked(FlowRule, rule)),
        TE.chain(() => {
          const call = post(path`/flows/${rule.deviceId}?appId=${appId}`, rule);
          return pipe(
            http.send(call),
            TE.chainEitherK((answer) => idFromLocation(call, answer)),
          );
        }),
      ),
    addAll: (appId, rules) =>
      pipe(
        TE.fromEither(checked(t.readonlyArray(FlowRule), rules)),
        TE.chain(() => inChunks(rules, http.settings.bulkSize, (chunk) => addChunk(http, path`/flows?appId=${appId}`, chunk))),
      ),
    remove: (deviceId, flowId) =>
      pipe(
        TE.fromEither(checked(FlowRef, { deviceId, flowId })),
        TE.chain(() => tell(http, { method: 'DELETE', path: path`/flows/${deviceId}/${flowId}`, repeatable: true })),
      ),
    removeAll: (rules) =>
      pipe(
        TE.fromEither(checked(t.readonlyArray(FlowRef), rules)),
        TE.chain(() =>
          inChunks(rules, http.settings.bulkSize, (chunk) =>
            pipe(
              tell(http, {
                method: 'DELETE',
                path: '/flows',
                body: JSON.stringify({ flows: chunk.map(({ deviceId, flowId }) => ({ deviceId, flowId })) }),
                repeatable: true,
              }),
              TE.map((): never[] => []),
            ),
          ),
        ),
        TE.map(() => undefined),
      ),
    removeByApp: (appId) => tell(http, { method: 'DELETE', path: path`/flows/application/${appId}`, repeatable: true }),
  };
}

/** Repeatable: a rule's id is made of what it matches, a second POST replaces it by itself. */
const post = (callPath: string, body: unknown): Call => ({ method: 'POST', path: callPath, body: JSON.stringify(body), repeatable: true });

function addChunk(http: OnosHttp, callPath: string, rules: readonly FlowRule[]): TE.TaskEither<OnosError, FlowRef[]> {
  return pipe(
    ask(http, post(callPath, { flows: rules }), FlowRefList),
    TE.chainEitherK(({ flows }) =>
      flows.length === rules.length && flows.every((flow, i) => flow.deviceId === rules[i]?.deviceId)
        ? E.right(flows)
        : E.left<OnosError>({
            kind: 'undecodable',
            message: `POST ${http.address}${callPath}: ${flows.length} ids for ${rules.length} rules, or in another order. List the rules to see what was installed.`,
            retryable: false,
          }),
    ),
  );
}

/** One after the other, so that a bulk of any size holds one place of the gate. Stops at the first error. */
function inChunks<A, B>(
  all: readonly A[],
  size: number,
  one: (chunk: readonly A[]) => TE.TaskEither<OnosError, B[]>,
): TE.TaskEither<OnosError, B[]> {
  const starts = Array.from({ length: Math.ceil(all.length / size) }, (_, i) => i * size);
  return pipe(
    starts,
    TE.traverseSeqArray((start) => one(all.slice(start, start + size))),
    TE.map((parts) => parts.flat()),
  );
}

/** `.../onos/v1/flows/of:0000000000000001/562953295713614` */
function idFromLocation(call: Call, answer: Answer): E.Either<OnosError, FlowId> {
  const id = /\/flows\/[^/]+\/(-?\d{1,19})$/.exec(answer.location ?? '')?.[1];
  return id === undefined
    ? E.left(undecodable(call, answer, `no flow id in the header Location ("${answer.location ?? ''}")`))
    : E.right(id);
}

function noSuchRule(deviceId: string, flowId: FlowId): OnosError {
  return {
    ...notSent(''),
    kind: 'not-found',
    message: `GET /flows/${deviceId}/${flowId}: ONOS has no rule of this id on this device.`,
    status: 200,
  };
}
