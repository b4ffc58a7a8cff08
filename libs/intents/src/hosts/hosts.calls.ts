import { pipe } from 'fp-ts/lib/function.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import * as t from 'io-ts';
import type { OnosError } from '../http/onos-error.js';
import type { OnosHttp } from '../http/onos-http.js';
import { get } from '../http/read-answer.js';
import { Host } from './host.codec.js';

const HostList = t.type({ hosts: t.array(Host) }, 'HostList');

/** End stations (HostsWebResource). */
export interface HostCalls {
  list(): TE.TaskEither<OnosError, Host[]>;
}

export function hostCalls(http: OnosHttp): HostCalls {
  return {
    list: () =>
      pipe(
        get(http, '/hosts', HostList),
        TE.map(({ hosts }) => hosts),
      ),
  };
}
