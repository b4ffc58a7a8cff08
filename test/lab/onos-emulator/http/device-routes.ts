import type { Device } from '../switch/device.js';
import { hostJson, type Hosts } from '../hosts.js';
import type { Json } from '../json.js';
import { notFound } from '../refusal.js';
import type { Topology } from '../topology.js';
import { ok } from './exchange.js';
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

/** DevicesWebResource, LinksWebResource, HostsWebResource, StatisticsWebResource, MastershipWebResource, PathsWebResource. */
export function deviceRoutes(devices: ReadonlyMap<string, Device>, topology: Topology, hosts: Hosts): Route[] {
  const known = (): Device[] => [...devices.values()].filter((device) => device.known);
  const need = (id: string): Device => {
    const device = devices.get(id);
    if (!device?.known) throw notFound('Device is not found');
    return device;
  };
  const linkJson = ({ src, dst }: Topology['links'][number]): Json => ({ src, dst, type: 'DIRECT', state: 'ACTIVE' });
  const statistics = (device: string): Json => ({ device, ports: devices.get(device)?.counters ?? [] });

  return [
    route('GET', '/onos/v1/devices', () => ok({ devices: known().map(deviceJson) })),
    route('GET', '/onos/v1/devices/:id', ({ params: [id = ''] }) => ok(deviceJson(need(id)))),
    route('GET', '/onos/v1/devices/:id/ports', ({ params: [id = ''] }) => {
      const device = need(id);
      return ok({ ...deviceJson(device), ports: portsJson(device) });
    }),
    route('GET', '/onos/v1/links', () => ok({ links: topology.links.map(linkJson) })),
    route('GET', '/onos/v1/paths/:src/:dst', ({ params: [src = '', dst = ''] }) => {
      const links = topology.path(src, dst);
      return ok({ paths: links === undefined || links.length === 0 ? [] : [{ cost: links.length, links: links.map(linkJson) }] });
    }),
    route('GET', '/onos/v1/hosts', () => ok({ hosts: hosts.list().map(hostJson) })),
    route('GET', '/onos/v1/hosts/:mac/:vlan', ({ params: [mac = '', vlan = ''] }) => {
      const host = hosts.get(`${mac}/${vlan}`);
      if (host === undefined) throw notFound('Host is not found');
      return ok(hostJson(host));
    }),
    route('GET', '/onos/v1/statistics/ports', () => ok({ statistics: known().map(({ id }) => statistics(id)) })),
    route('GET', '/onos/v1/statistics/ports/:id', ({ params: [id = ''] }) => ok({ statistics: [statistics(id)] })),
    route('GET', '/onos/v1/mastership/:id/master', ({ params: [id = ''] }) => {
      if (!devices.get(id)?.available) throw notFound('Node id is not found');
      return ok({ nodeId: '127.0.0.1' });
    }),
  ];
}
