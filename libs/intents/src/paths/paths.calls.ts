import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { path } from '../http/call.js';
import type { OnosError } from '../http/onos-error.js';
import type { OnosHttp } from '../http/onos-http.js';
import { getList } from '../http/read-answer.js';
import { DisjointPaths, Path } from './path.codec.js';

/** Ways through the network (PathsWebResource). `from`, `to`: ids of devices or hosts. */
export interface PathCalls {
  /** All shortest ones; empty where there is none, or an id is unknown. `refused` from a device to itself. */
  between(from: string, to: string): TaskEither<OnosError, Path[]>;
  /** Pairs of a shortest way and a backup that shares no link with it. */
  disjoint(from: string, to: string): TaskEither<OnosError, DisjointPaths[]>;
}

export function pathCalls(http: OnosHttp): PathCalls {
  return {
    between: (from, to) => getList(http, path`/paths/${from}/${to}`, 'paths', Path),
    disjoint: (from, to) => getList(http, path`/paths/${from}/${to}/disjoint`, 'paths', DisjointPaths),
  };
}
