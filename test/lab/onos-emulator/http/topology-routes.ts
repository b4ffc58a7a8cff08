import type { Hosts } from '../hosts.js';
import type { Json } from '../json.js';
import { illegal, notFound } from '../refusal.js';
import type { Device } from '../switch/device.js';
import type { Link, Topology } from '../topology.js';
import { linkJson } from './device-routes.js';
import { ok } from './exchange.js';
import { route, type Route } from './router.js';

/** One end of a path: a device, with the link of the host that was asked for. */
interface End {
  readonly device: string;
  readonly toDevice?: Json;
  readonly toHost?: Json;
}

/** TopologyWebResource, PathsWebResource. */
export function topologyRoutes(devices: ReadonlyMap<string, Device>, topology: Topology, hosts: Hosts): Route[] {
  /** Those that reach the first device, and so on. */
  const clusters = (): string[][] => {
    const parts: string[][] = [];
    for (const { id, available } of devices.values()) {
      if (!available) continue;
      const part = parts.find(([first = '']) => topology.path(first, id) !== undefined);
      if (part === undefined) parts.push([id]);
      else part.push(id);
    }
    return parts;
  };
  const linksIn = (part: readonly string[]): readonly Link[] => topology.links.filter(({ src }) => part.includes(src.device));
  const clusterJson = (part: readonly string[], id: number): Json => ({
    id,
    deviceCount: part.length,
    linkCount: linksIn(part).length,
    root: [...part].sort()[0],
  });
  const cluster = (id: string): string[] => {
    const part = clusters()[Number(id)];
    if (part === undefined) throw notFound('Cluster is not found');
    return part;
  };

  /** undefined for a host that ONOS does not know. */
  const endOf = (id: string): End | undefined => {
    if (!/^..:..:..:..:..:..\/.*$/.test(id)) return { device: id };
    const host = hosts.get(id);
    const [at] = host?.locations ?? [];
    if (host === undefined || at === undefined) return undefined;
    const point = { port: '0', host: host.id };
    const edge = (src: Json, dst: Json): Json => ({ src, dst, type: 'EDGE', state: 'ACTIVE' });
    return { device: at.device, toDevice: edge(point, { ...at }), toHost: edge({ ...at }, point) };
  };
  const pathJson = (from: End, way: readonly Link[], to: End): Json => {
    const links = [from.toDevice, ...way.map(linkJson), to.toHost].filter((link) => link !== undefined);
    if (links.length === 0) throw illegal('List of path links cannot be empty');
    return { cost: links.length, links };
  };
  const waysBetween = (from: End, to: End, shunned: readonly Link[] = []): Link[][] =>
    from.device === to.device ? [[]] : topology.shortest(from.device, to.device, shunned);

  return [
    route('GET', '/onos/v1/topology', () =>
      ok({
        time: Number(process.hrtime.bigint()),
        devices: [...devices.values()].filter(({ available }) => available).length,
        links: topology.links.length,
        clusters: topology.clusters,
      }),
    ),
    route('GET', '/onos/v1/topology/clusters', () => ok({ clusters: clusters().map(clusterJson) })),
    route('GET', '/onos/v1/topology/clusters/:id', ({ params: [id = ''] }) => ok(clusterJson(cluster(id), Number(id)))),
    route('GET', '/onos/v1/topology/clusters/:id/devices', ({ params: [id = ''] }) => ok({ devices: cluster(id) })),
    route('GET', '/onos/v1/topology/clusters/:id/links', ({ params: [id = ''] }) => ok({ links: linksIn(cluster(id)).map(linkJson) })),
    route('GET', '/onos/v1/topology/infrastructure/:point', ({ params: [point = ''] }) => {
      const at = point.lastIndexOf(':');
      const [device, port] = [point.slice(0, at), point.slice(at + 1)];
      if (!devices.get(device)?.known) throw notFound(`Device not found ${device === '' ? point : device}`);
      const infrastructure = topology.links.some(({ src }) => src.device === device && src.port === port);
      return ok({ infrastructure });
    }),
    route('GET', '/onos/v1/paths/:src/:dst', ({ params: [src = '', dst = ''] }) => {
      const [from, to] = [endOf(src), endOf(dst)];
      return ok({ paths: from && to ? waysBetween(from, to).map((way) => pathJson(from, way, to)) : [] });
    }),
    route('GET', '/onos/v1/paths/:src/:dst/disjoint', ({ params: [src = '', dst = ''] }) => {
      const [from, to] = [endOf(src), endOf(dst)];
      if (!from || !to) return ok({ paths: [] });
      const paths = waysBetween(from, to).flatMap((way): Json[] => {
        const primary = pathJson(from, way, to);
        const backups = from.device === to.device ? [] : waysBetween(from, to, way);
        return backups.length === 0 ? [{ primary }] : backups.map((backup) => ({ primary, backup: pathJson(from, backup, to) }));
      });
      return ok({ paths });
    }),
  ];
}
