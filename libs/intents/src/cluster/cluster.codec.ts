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

/** The ONOS that answers, and what it counts (SystemInfoWebResource). `sccs`: parts of the network; `mem` in bytes. */
export const SystemInfo = t.intersection(
  [
    t.type({
      node: t.string,
      version: t.string,
      clusterId: t.string,
      nodes: t.number,
      devices: t.number,
      links: t.number,
      hosts: t.number,
    }),
    t.partial({
      sccs: t.number,
      flows: t.number,
      intents: t.number,
      mem: t.type({ current: t.number, max: t.number, committed: t.number }),
      threads: t.type({ live: t.number, daemon: t.number, peak: t.number }),
    }),
  ],
  'SystemInfo',
);
export type SystemInfo = t.TypeOf<typeof SystemInfo>;
