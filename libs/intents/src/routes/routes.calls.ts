import { pipe } from 'fp-ts/lib/function.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import * as t from 'io-ts';
import type { OnosError } from '../http/onos-error.js';
import type { OnosHttp } from '../http/onos-http.js';
import { get } from '../http/read-answer.js';
import { Route } from './route.codec.js';

const RouteLists = t.type({ ipv4: t.array(Route), ipv6: t.array(Route) }, 'RouteLists');

/** The route service, an application of its own: below `/onos/routeservice`, not `/onos/v1`. */
export interface RouteCalls {
  /** Of both families. `refused` where the application is not active. */
  list(): TE.TaskEither<OnosError, Route[]>;
}

export function routeCalls(http: OnosHttp): RouteCalls {
  return {
    list: () =>
      pipe(
        get(http, '/routes', RouteLists, { service: 'routeservice' }),
        TE.map(({ ipv4, ipv6 }) => [...ipv4, ...ipv6]),
      ),
  };
}
