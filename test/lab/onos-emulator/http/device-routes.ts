import type { Device } from '../switch/device.js';
import { hostJson, type Hosts } from '../hosts.js';
import type { ConnectPoint } from '../config.js';
import type { Json } from '../json.js';
import { illegal, notFound } from '../refusal.js';
import type { PortCounters } from '../switch/read.js';
import type { Topology } from '../topology.js';
import { ok, readTree } from './exchange.js';
import { route, type Route } from './router.js';

/** `3m4s ago`, `just now`. */
export function ago(sinceMs: number): string {
  const seconds = Math.floor((Date.now() - sinceMs) / 1_000);
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const text = ['h', 'm', 's'].map((unit, i) => (parts[i] === 0 ? '' : `${parts[i]}${unit}`)).join('');
  return text === '' ? 'just now' : `${text} ago`;
}

/** DeviceCodec. `default` is the driver of every OVS that is not 2.x. */
function deviceJson({ id, address, available, changedAt, channel }: Device): Json {
  return {
    id,
    type: 'SWITCH',
    available,
    role: available ? 'MASTER' : 'NONE',
    mfr: 'Nicira, Inc.',
    hw: 'Open vSwitch',
    sw: '3.1.0',
    serial: 'None',
    driver: 'default',
    chassisId: BigInt(`0x${id.slice(3)}`).toString(16),
    lastUpdate: String(changedAt),
    humanReadableLastUpdate: `${available ? 'connected' : 'disconnected'} ${ago(changedAt)}`,
    annotations: { channelId: `${address}:${channel}`, datapathDescription: 'None', managementAddress: address, protocol: 'OF_13' },
  };
}
function portsJson(device: Device): Json[] {
  return device.ports.map(({ port, name, mac, up, adminUp, speedMbps }) => ({
    element: device.id,
    port,
    isEnabled: device.available && up,
    type: 'copper',
    portSpeed: speedMbps,
    annotations: { adminState: adminUp ? 'enabled' : 'disabled', portMac: mac, portName: name },
  }));
}

/** PortNumber.fromString, which knows no `local`. */
function portNumber(text: string): string {
  if (!/^\d+$/.test(text)) throw illegal(`Error parsing value: ${text}`);
  return text;
}

export const linkJson = ({ src, dst }: Topology['links'][number]): Json => ({ src, dst, type: 'DIRECT', state: 'ACTIVE' });

/** What was counted between the last two polls. */
function delta(now: PortCounters, before: PortCounters | undefined): PortCounters {
  const less = Object.entries(now).map(([name, value]: [string, number]) => {
    const earlier: unknown = before && Object.entries(before).find(([other]) => other === name)?.[1];
    return [name, name === 'port' || typeof earlier !== 'number' ? value : value - earlier];
  });
  return { ...now, ...(Object.fromEntries(less) as Partial<PortCounters>) };
}

/** DevicesWebResource, LinksWebResource, HostsWebResource, StatisticsWebResource. */
export function deviceRoutes(devices: ReadonlyMap<string, Device>, topology: Topology, hosts: Hosts): Route[] {
  const known = (): Device[] => [...devices.values()].filter((device) => device.known);
  const need = (id: string): Device => {
    const device = devices.get(id);
    if (!device?.known) throw notFound('Device is not found');
    return device;
  };
  const statistics = (device: string, port?: string): Json => {
    const all = devices.get(device)?.counters ?? [];
    return { device, ports: port === undefined ? all : all.filter((one) => String(one.port) === portNumber(port)) };
  };
  const sincePoll = ({ id, counters, earlierCounters }: Device): Json => ({
    device: id,
    ports: counters.map((now) =>
      delta(
        now,
        earlierCounters.find(({ port }) => port === now.port),
      ),
    ),
  });

  return [
    route('GET', '/onos/v1/devices', () => ok({ devices: known().map(deviceJson) })),
    route('GET', '/onos/v1/devices/ports', () => ok({ ports: known().flatMap(portsJson) })),
    route('POST', '/onos/v1/devices/:id/portstate/:port', async ({ params: [id = '', name = ''], body }) => {
      const port = portNumber(name);
      const device = devices.get(id);
      if (!device?.known || !device.ports.some((one) => one.port === port)) throw notFound('Device is not found');
      const { enabled } = readTree(body);
      if (enabled === undefined) throw illegal('Invalid JSON data');
      await device.setPort(port, enabled === true || enabled === 'true');
      return { status: 200 };
    }),
    route('GET', '/onos/v1/devices/:id', ({ params: [id = ''] }) => ok(deviceJson(need(id)))),
    route('GET', '/onos/v1/devices/:id/ports', ({ params: [id = ''] }) => {
      const device = need(id);
      return ok({ ...deviceJson(device), ports: portsJson(device) });
    }),
    route('GET', '/onos/v1/links', ({ query }) => {
      const [device, port] = [query.get('device'), query.get('port')];
      const direction = query.get('direction')?.toUpperCase() ?? 'ALL';
      if (device === null) return ok({ links: topology.links.map(linkJson) });
      if (!['ALL', 'INGRESS', 'EGRESS'].includes(direction)) throw illegal(`No enum constant org.onosproject.net.Direction.${direction}`);
      const here = (end: ConnectPoint): boolean => end.device === device && (port === null || end.port === portNumber(port));
      const links = topology.links.filter(
        ({ src, dst }) => (direction !== 'INGRESS' && here(src)) || (direction !== 'EGRESS' && here(dst)),
      );
      return ok({ links: links.map(linkJson) });
    }),
    route('GET', '/onos/v1/hosts', () => ok({ hosts: hosts.list().map(hostJson) })),
    route('GET', '/onos/v1/hosts/:mac/:vlan', ({ params: [mac = '', vlan = ''] }) => {
      const host = hosts.get(`${mac}/${vlan}`);
      if (host === undefined) throw notFound('Host is not found');
      return ok(hostJson(host));
    }),
    route('GET', '/onos/v1/statistics/ports', () => ok({ statistics: known().map(({ id }) => statistics(id)) })),
    route('GET', '/onos/v1/statistics/ports/:id', ({ params: [id = ''] }) => ok({ statistics: [statistics(id)] })),
    route('GET', '/onos/v1/statistics/ports/:id/:port', ({ params: [id = '', port = ''] }) => ok({ statistics: [statistics(id, port)] })),
    route('GET', '/onos/v1/statistics/delta/ports', () => ok({ statistics: known().map(sincePoll) })),
  ];
}
