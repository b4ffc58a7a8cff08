import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { path } from '../http/call.js';
import type { OnosError } from '../http/onos-error.js';
import type { OnosHttp } from '../http/onos-http.js';
import { get, getList } from '../http/read-answer.js';
import { Host } from './host.codec.js';

/** End stations (HostsWebResource). */
export interface HostCalls {
  list(): TaskEither<OnosError, Host[]>;
  /** `hostId`: `02:00:00:00:00:03/None`, MAC and VLAN. `refused` where it is not of this form. */
  get(hostId: string): TaskEither<OnosError, Host>;
}

export function hostCalls(http: OnosHttp): HostCalls {
  return {
    list: () => getList(http, '/hosts', 'hosts', Host),
    get: (hostId) => get(http, path`/hosts/${hostId}`, Host),
  };
}
