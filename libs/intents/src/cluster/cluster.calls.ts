import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { path, type Reading } from '../http/call.js';
import type { OnosError } from '../http/onos-error.js';
import type { OnosHttp } from '../http/onos-http.js';
import { get, getList } from '../http/read-answer.js';
import { ClusterNode, SystemInfo } from './cluster.codec.js';

/** ONOS' nodes (ClusterWebResource, SystemInfoWebResource). */
export interface ClusterCalls {
  nodes(): TaskEither<OnosError, ClusterNode[]>;
  /** `not-found` where the cluster has no such node, which ONOS calls an error of its own. */
  node(nodeId: string): TaskEither<OnosError, ClusterNode>;
  /** Of the node that answers: its version among others. */
  system(): TaskEither<OnosError, SystemInfo>;
}

export function clusterCalls(http: OnosHttp): ClusterCalls {
  return {
    nodes: () => getList(http, '/cluster', 'nodes', ClusterNode),
    node: (nodeId) => get(http, path`/cluster/${nodeId}`, ClusterNode, { explain: missingNode }),
    system: () => get(http, '/system', SystemInfo),
  };
}

/** ControllerNodeCodec asks Atomix about a member that is not there. */
function missingNode(status: number, said: string): Reading | undefined {
  return status === 500 && said.includes('"member" is null')
    ? { kind: 'not-found', advice: 'The cluster has no such node; list them.' }
    : undefined;
}
