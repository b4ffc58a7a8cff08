import * as t from 'io-ts';

/** A node of the ONOS cluster (ControllerNodeCodec). `status`: `READY` = up and started, `ACTIVE` = up, `INACTIVE`. */
export const ClusterNode = t.intersection(
  [
    t.type({ id: t.string, ip: t.string, tcpPort: t.number, status: t.string }),
    t.partial({ lastUpdate: t.string, humanReadableLastUpdate: t.string }),
  ],
  'ClusterNode',
);
export type ClusterNode = t.TypeOf<typeof ClusterNode>;

/** The network graph in numbers (TopologyCodec). `time` in nanoseconds of ONOS' own clock; `links` are directed; `clusters` > 1 = the network is in parts. */
export const Topology = t.type({ time: t.number, devices: t.number, links: t.number, clusters: t.number }, 'Topology');
export type Topology = t.TypeOf<typeof Topology>;

/** An application of ONOS (ApplicationCodec). `state`: `INSTALLED` or `ACTIVE`. */
export const Application = t.intersection(
  [
    t.type({ name: t.string, id: t.number, version: t.string, state: t.string }),
    t.partial({ category: t.string, description: t.string, requiredApps: t.array(t.string) }),
  ],
  'Application',
);
export type Application = t.TypeOf<typeof Application>;
