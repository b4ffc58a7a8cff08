import { pipe } from 'fp-ts/lib/function.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import * as t from 'io-ts';
import { path } from '../http/call.js';
import type { OnosError } from '../http/onos-error.js';
import type { OnosHttp } from '../http/onos-http.js';
import { get, getList } from '../http/read-answer.js';
import { Link } from '../links/link.codec.js';
import { Topology, TopologyCluster } from './topology.codec.js';

const Infrastructure = t.type({ infrastructure: t.boolean }, 'Infrastructure');

/** The network graph (TopologyWebResource). */
export interface TopologyCalls {
  /** The cheapest request of all: fit to ask whether ONOS is there. */
  overview(): TE.TaskEither<OnosError, Topology>;
  /** The parts that the network is in: one, if all is well. */
  clusters(): TE.TaskEither<OnosError, TopologyCluster[]>;
  /** The ids of the devices of a part; `not-found` where there is no such part. */
  devicesOf(cluster: number): TE.TaskEither<OnosError, string[]>;
  linksOf(cluster: number): TE.TaskEither<OnosError, Link[]>;
  /** Whether a link between devices ends at the port (a number as text); `not-found` for an unknown device. */
  isInfrastructure(deviceId: string, port: string): TE.TaskEither<OnosError, boolean>;
}

export function topologyCalls(http: OnosHttp): TopologyCalls {
  return {
    overview: () => get(http, '/topology', Topology),
    clusters: () => getList(http, '/topology/clusters', 'clusters', TopologyCluster),
    devicesOf: (cluster) => getList(http, path`/topology/clusters/${String(cluster)}/devices`, 'devices', t.string),
    linksOf: (cluster) => getList(http, path`/topology/clusters/${String(cluster)}/links`, 'links', Link),
    isInfrastructure: (deviceId, port) =>
      pipe(
        get(http, path`/topology/infrastructure/${`${deviceId}:${port}`}`, Infrastructure),
        TE.map(({ infrastructure }) => infrastructure),
      ),
  };
}
