import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { path } from '../http/call.js';
import type { OnosError } from '../http/onos-error.js';
import type { OnosHttp } from '../http/onos-http.js';
import { getList } from '../http/read-answer.js';
import { Link } from './link.codec.js';

/** As seen from a device or a port: links that end there, links that begin there, or both. */
export type LinkDirection = 'INGRESS' | 'EGRESS' | 'ALL';

/** Links between devices (LinksWebResource). */
export interface LinkCalls {
  list(): TaskEither<OnosError, Link[]>;
  /** Empty for an unknown device. */
  ofDevice(deviceId: string, direction?: LinkDirection): TaskEither<OnosError, Link[]>;
  /** Empty for a port without a link, or an unknown one. `port`: a number as text. */
  ofPort(deviceId: string, port: string, direction?: LinkDirection): TaskEither<OnosError, Link[]>;
}

export function linkCalls(http: OnosHttp): LinkCalls {
  const list = (query: string): TaskEither<OnosError, Link[]> => getList(http, `/links${query}`, 'links', Link);
  return {
    list: () => list(''),
    ofDevice: (deviceId, direction = 'ALL') => list(path`?device=${deviceId}&direction=${direction}`),
    ofPort: (deviceId, port, direction = 'ALL') => list(path`?device=${deviceId}&port=${port}&direction=${direction}`),
  };
}
