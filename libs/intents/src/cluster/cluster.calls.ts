import { pipe } from 'fp-ts/lib/function.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import * as t from 'io-ts';
import type { OnosError } from '../http/onos-error.js';
import type { OnosHttp } from '../http/onos-http.js';
import { get } from '../http/read-answer.js';
import { Application, ClusterNode, Topology } from './cluster.codec.js';

const NodeList = t.type({ nodes: t.array(ClusterNode) }, 'NodeList');
const ApplicationList = t.type({ applications: t.array(Application) }, 'ApplicationList');

/** ONOS itself (ClusterWebResource, TopologyWebResource, ApplicationsWebResource). */
export interface ClusterCalls {
  nodes(): TE.TaskEither<OnosError, ClusterNode[]>;
  topology(): TE.TaskEither<OnosError, Topology>;
  /** Installed applications, active or not; an appId that only owns rules is none. */
  applications(): TE.TaskEither<OnosError, Application[]>;
}

export function clusterCalls(http: OnosHttp): ClusterCalls {
  return {
    nodes: () =>
      pipe(
        get(http, '/cluster', NodeList),
        TE.map(({ nodes }) => nodes),
      ),
    topology: () => get(http, '/topology', Topology),
    applications: () =>
      pipe(
        get(http, '/applications', ApplicationList),
        TE.map(({ applications }) => applications),
      ),
  };
}
