import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { path, type Answer, type Call, type Reading } from '../http/call.js';
import type { OnosError } from '../http/onos-error.js';
import type { OnosHttp } from '../http/onos-http.js';
import { checked, getList, tell } from '../http/read-answer.js';
import { undecodable } from '../http/undecodable.js';
import { AclRequest, AclRule, AclRuleId } from './acl-rule.codec.js';

/**
 * The application `org.onosproject.acl` (AclWebResource); every call is `refused` where it is not active. It installs a rule,
 * at priority 30000, on the devices that have a host which the rule names, and on no other.
 */
export interface AclCalls {
  list(): TE.TaskEither<OnosError, AclRule[]>;
  /**
   * The id (`0x1`) of the new rule. `conflict` where an earlier rule covers it, `refused` where ONOS cannot read it.
   * `server-error` where a host has an IPv6 address, which ONOS fails at: then the rule is listed, and in no switch.
   * Not repeated when its fate is unknown: list the rules then.
   */
  add(rule: AclRequest): TE.TaskEither<OnosError, string>;
  /** Succeeds where the rule is gone already. */
  remove(id: string): TE.TaskEither<OnosError, void>;
  /** Removes every rule. */
  clear(): TE.TaskEither<OnosError, void>;
}

export function aclCalls(http: OnosHttp): AclCalls {
  return {
    list: () => getList(http, '/acl/rules', 'aclRules', AclRule),
    add: (rule) =>
      pipe(
        TE.fromEither(checked(AclRequest, rule)),
        TE.chain(() => {
          const call: Call = { method: 'POST', path: '/acl/rules', body: JSON.stringify(rule), repeatable: false, explain: notAdded };
          return pipe(
            http.send(call),
            TE.chainEitherK((answer) => idFromLocation(call, answer)),
          );
        }),
      ),
    remove: (id) =>
      pipe(
        TE.fromEither(checked(AclRuleId, id)),
        TE.chain(() => tell(http, { method: 'DELETE', path: path`/acl/rules/${id}`, repeatable: true })),
      ),
    clear: () => tell(http, { method: 'DELETE', path: '/acl/rules', repeatable: true }),
  };
}

/** A rule that is there already is an empty 500, which Jetty fills; 207 has the text of whatever exception it was. */
function notAdded(status: number, said: string): Reading | undefined {
  if (status === 500 && said === 'Internal Server Error') return { kind: 'conflict', advice: 'A rule that is there covers it; list them.' };
  if (status === 207 && /^Cannot invoke|NullPointerException/.test(said))
    return {
      kind: 'server-error',
      advice: 'ONOS lists the rule and has it in no switch: it fails where a host has an IPv6 address. Remove it.',
    };
  return undefined;
}

/** `.../onos/v1/acl/0x1` */
function idFromLocation(call: Call, answer: Answer): E.Either<OnosError, string> {
  const id = /\/(0x[\da-f]{1,16})$/.exec(answer.location ?? '')?.[1];
  return id === undefined
    ? E.left(undecodable(call, answer, `no rule id in the header Location ("${answer.location ?? ''}")`))
    : E.right(id);
}
