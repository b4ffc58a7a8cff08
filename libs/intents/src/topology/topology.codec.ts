import * as t from 'io-ts';

/** The network graph in numbers (TopologyCodec). `time` in nanoseconds of ONOS' own clock; `links` are directed; `clusters` > 1 = the network is in parts. */
export const Topology = t.type({ time: t.number, devices: t.number, links: t.number, clusters: t.number }, 'Topology');
export type Topology = t.TypeOf<typeof Topology>;

/** A part of the network in which every device reaches every other (TopologyClusterCodec). `root`: a device of it. */
export const TopologyCluster = t.type({ id: t.number, deviceCount: t.number, linkCount: t.number, root: t.string }, 'TopologyCluster');
export type TopologyCluster = t.TypeOf<typeof TopologyCluster>;
