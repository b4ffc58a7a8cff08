import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { path, type Call } from '../http/call.js';
import type { OnosError } from '../http/onos-error.js';
import type { OnosHttp } from '../http/onos-http.js';
import { ask, get, getList, tell } from '../http/read-answer.js';
import { Application, ApplicationId } from './application.codec.js';

/** Applications of ONOS (ApplicationsWebResource). `name`: `org.onosproject.sdnip`. */
export interface ApplicationCalls {
  /** Those installed, active or not; a name that only owns rules is none. */
  list(): TaskEither<OnosError, Application[]>;
  get(name: string): TaskEither<OnosError, Application>;
  /** With all that it requires. Its REST interface, if it has one, may be `unreachable` for some 100 ms more. */
  activate(name: string): TaskEither<OnosError, Application>;
  /** With all that requires it. Succeeds also where there is no such application. */
  deactivate(name: string): TaskEither<OnosError, void>;
  /** Every name that ONOS has given a number. */
  ids(): TaskEither<OnosError, ApplicationId[]>;
  /** Gives the name a number, or tells the one it has: then intents may be submitted under it. */
  register(name: string): TaskEither<OnosError, ApplicationId>;
}

export function applicationCalls(http: OnosHttp): ApplicationCalls {
  const slow = { repeatable: true, timeoutMs: http.settings.slowTimeoutMs };
  const post = (callPath: string): Call => ({ method: 'POST', path: callPath, ...slow });
  return {
    list: () => getList(http, '/applications', 'applications', Application),
    get: (name) => get(http, path`/applications/${name}`, Application),
    activate: (name) => ask(http, post(path`/applications/${name}/active`), Application),
    deactivate: (name) => tell(http, { method: 'DELETE', path: path`/applications/${name}/active`, ...slow }),
    ids: () => getList(http, '/applications/ids', 'applicationIds', ApplicationId),
    register: (name) => ask(http, post(path`/applications/${name}/register`), ApplicationId),
  };
}
