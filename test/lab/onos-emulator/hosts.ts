import type { ConnectPoint } from './config.js';
import { listOf, objectOf, textOf, type Json } from './json.js';
import type { NetworkConfiguration } from './netcfg.js';

export interface Host {
  readonly id: string;
  readonly mac: string;
  readonly vlan: string;
  readonly name: string | undefined;
  readonly ips: readonly string[];
  readonly locations: readonly ConnectPoint[];
}
/** `of:0000000000000001/11` */
export function connectPoint(text: string): ConnectPoint {
  const at = text.lastIndexOf('/');
  return { device: text.slice(0, at), port: text.slice(at + 1) };
}

/** End stations: those of the network configuration. Nobody's ARP reaches the emulator, so it learns none. */
export class Hosts {
  constructor(private readonly netcfg: NetworkConfiguration) {}

  list(): Host[] {
    return [...this.netcfg.of('hosts')].flatMap(([id, configs]) => {
      const basic = objectOf(configs['basic']);
      const [mac = '', vlan = 'None'] = id.split('/');
      const locations = listOf(basic['locations']).map((one) => connectPoint(textOf(one)));
      if (locations.length === 0) return [];
      const name = basic['name'] === undefined ? undefined : textOf(basic['name']);
      return [{ id, mac, vlan, name, ips: listOf(basic['ips']).map(textOf), locations }];
    });
  }
  get(id: string): Host | undefined {
    return this.list().find((host) => host.id === id.replace(/^[^/]*/, (mac) => mac.toUpperCase()));
  }
  byIp(ip: string): Host | undefined {
    return this.list().find(({ ips }) => ips.includes(ip));
  }
}

/** HostCodec, as ONOS writes a configured host. */
export function hostJson({ id, mac, vlan, name, ips, locations }: Host): Json {
  return {
    id,
    mac,
    vlan,
    innerVlan: 'None',
    outerTpid: '0x8100',
    configured: true,
    suspended: false,
    ipAddresses: ips,
    locations: locations.map(({ device, port }) => ({ elementId: device, port })),
    annotations: { gridX: null, gridY: null, latitude: null, locType: 'none', longitude: null, ...(name !== undefined && { name }) },
  };
}
