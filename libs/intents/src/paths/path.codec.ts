import * as t from 'io-ts';
import { Annotations } from '../devices/device.codec.js';
import { ConnectPoint } from '../links/link.codec.js';

/** The end of a link at a host (ConnectPointCodec). `host`: `02:00:00:00:00:03/None`; `port` is always `0`. */
export const HostPoint = t.type({ host: t.string, port: t.string }, 'HostPoint');
export type HostPoint = t.TypeOf<typeof HostPoint>;

const PathEnd = t.union([ConnectPoint, HostPoint], 'PathEnd');

/** A step of a path. `type`: `DIRECT` between devices, `EDGE` between a host and its device. */
export const PathLink = t.intersection(
  [t.type({ src: PathEnd, dst: PathEnd, type: t.string }), t.partial({ state: t.string, annotations: Annotations })],
  'PathLink',
);
export type PathLink = t.TypeOf<typeof PathLink>;

/** A way through the network (PathCodec). `cost`: the number of links, unless ONOS was told to weigh them otherwise. */
export const Path = t.type({ cost: t.number, links: t.array(PathLink) }, 'Path');
export type Path = t.TypeOf<typeof Path>;

/** Two ways that share no link (DisjointPathCodec). */
export const DisjointPaths = t.intersection([t.type({ primary: Path }), t.partial({ backup: Path })], 'DisjointPaths');
export type DisjointPaths = t.TypeOf<typeof DisjointPaths>;
