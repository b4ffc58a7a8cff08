import type { ConnectPoint } from '../config.js';
import { connectPoint } from '../hosts.js';
import { contains, hostPrefix, parsePrefix } from '../ip.js';
import { listOf, objectOf, textOf } from '../json.js';
import type { NetworkConfiguration } from '../netcfg.js';

/** An interface with an address, at a port towards another network. */
export interface Interface {
  readonly at: ConnectPoint;
  readonly name: string;
  /** `192.168.1.1/24` */
  readonly ips: readonly string[];
}
export interface Speaker {
  readonly at: ConnectPoint;
  readonly peers: readonly string[];
}

export function interfacesOf(netcfg: NetworkConfiguration): Interface[] {
  return [...netcfg.of('ports')].flatMap(([port, configs]) =>
    listOf(configs['interfaces']).map((json) => {
      const node = objectOf(json);
      return { at: connectPoint(port), name: textOf(node['name']), ips: listOf(node['ips']).map(textOf) };
    }),
  );
}
export function speakersOf(netcfg: NetworkConfiguration): Speaker[] {
  const bgp = objectOf(netcfg.of('apps').get('org.onosproject.router')?.['bgp']);
  return listOf(bgp['bgpSpeakers']).map((json) => {
    const node = objectOf(json);
    return { at: connectPoint(textOf(node['connectPoint'])), peers: listOf(node['peers']).map(textOf) };
  });
}
/** The interface whose subnet an address is in, and the interface's own address there. */
export function interfaceFor(interfaces: readonly Interface[], ip: string): { one: Interface; address: string } | undefined {
  for (const one of interfaces) {
    const own = one.ips.find((subnet) => contains(parsePrefix(subnet), hostPrefix(ip)));
    if (own !== undefined) return { one, address: own.split('/')[0] ?? '' };
  }
  return undefined;
}
