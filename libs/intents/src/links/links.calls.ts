import { pipe } from 'fp-ts/lib/function.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import * as t from 'io-ts';
import type { OnosError } from '../http/onos-error.js';
import type { OnosHttp } from '../http/onos-http.js';
import { get } from '../http/read-answer.js';
import { Link } from './link.codec.js';

const LinkList = t.type({ links: t.array(Link) }, 'LinkList');

/** Links between devices (LinksWebResource). */
export interface LinkCalls {
  list(): TE.TaskEither<OnosError, Link[]>;
}

export function linkCalls(http: OnosHttp): LinkCalls {
  return {
    list: () =>
      pipe(
        get(http, '/links', LinkList),
        TE.map(({ links }) => links),
      ),
  };
}
