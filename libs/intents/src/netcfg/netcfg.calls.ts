import { pipe } from 'fp-ts/lib/function.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import * as t from 'io-ts';
import { path } from '../http/call.js';
import type { OnosError } from '../http/onos-error.js';
import type { OnosHttp } from '../http/onos-http.js';
import { checked, get, tell } from '../http/read-answer.js';
import {
  Configs,
  NetworkConfiguration,
  NetworkConfigurationPart,
  PortInterface,
  type SubjectClass,
} from './network-configuration.codec.js';

/**
 * Network configuration (NetworkConfigWebResource): a tree of class of subject, subject and name of a configuration. Subjects:
 * `of:0000000000000001/21` of `ports`, `02:00:00:00:00:03/None` of `hosts`, `org.onosproject.router` of `apps`.
 */
export interface NetworkConfigurationCalls {
  get(): TE.TaskEither<OnosError, NetworkConfiguration>;
  /** The configurations of one subject, by name; `not-found` where it has none. */
  ofSubject(subjectClass: SubjectClass, subject: string): TE.TaskEither<OnosError, Configs>;
  /**
   * Replaces each configuration that is named, and leaves the others. `refused` with ONOS' reason for each that it does not
   * take; it has taken the others then, and keeps without a word those whose name it does not know.
   */
  apply(configuration: NetworkConfigurationPart): TE.TaskEither<OnosError, void>;
  /** Removes one configuration of a subject, or all of them; succeeds where there is none. */
  remove(subjectClass: SubjectClass, subject: string, config?: string): TE.TaskEither<OnosError, void>;
  /** Replaces the interfaces of one port (`of:0000000000000001/99`). Each that is new makes SDN-IP submit all of its route intents again. */
  setInterfaces(port: string, interfaces: readonly PortInterface[]): TE.TaskEither<OnosError, void>;
  /** Removes all interfaces of one port, and nothing else of its configuration. */
  removeInterfaces(port: string): TE.TaskEither<OnosError, void>;
}

export function networkConfigurationCalls(http: OnosHttp): NetworkConfigurationCalls {
  const post = (callPath: string, body: unknown): TE.TaskEither<OnosError, void> =>
    tell(http, { method: 'POST', path: callPath, body: JSON.stringify(body), repeatable: true });
  const remove = (callPath: string): TE.TaskEither<OnosError, void> => tell(http, { method: 'DELETE', path: callPath, repeatable: true });

  return {
    get: () => get(http, '/network/configuration', NetworkConfiguration),
    ofSubject: (subjectClass, subject) => get(http, path`/network/configuration/${subjectClass}/${subject}`, Configs),
    apply: (configuration) =>
      pipe(
        TE.fromEither(checked(NetworkConfigurationPart, configuration)),
        TE.chain(() => post('/network/configuration', configuration)),
      ),
    remove: (subjectClass, subject, config) =>
      remove(path`/network/configuration/${subjectClass}/${subject}` + (config === undefined ? '' : path`/${config}`)),
    setInterfaces: (port, interfaces) =>
      pipe(
        TE.fromEither(checked(t.readonlyArray(PortInterface), interfaces)),
        // Not to .../interfaces, where ONOS casts the body to an object and interfaces are an array: 500.
        TE.chain(() => post(path`/network/configuration/ports/${port}`, { interfaces })),
      ),
    removeInterfaces: (port) => remove(path`/network/configuration/ports/${port}/interfaces`),
  };
}
