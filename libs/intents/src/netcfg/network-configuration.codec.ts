import * as t from 'io-ts';

/** An interface of the routed network (InterfaceConfig). `ips`: address with prefix length, `192.168.1.1/24`. */
export const PortInterface = t.intersection(
  [t.partial({ name: t.string, ips: t.array(t.string), mac: t.string, vlan: t.union([t.string, t.number]) }), t.UnknownRecord],
  'PortInterface',
);
export type PortInterface = t.TypeOf<typeof PortInterface>;

/** A BGP speaker (BgpConfig). `connectPoint`: `of:0000000000000004/22`; `peers`: addresses. */
export const BgpSpeaker = t.intersection(
  [t.type({ connectPoint: t.string, peers: t.array(t.string) }), t.partial({ name: t.string, vlan: t.union([t.string, t.number]) })],
  'BgpSpeaker',
);
export type BgpSpeaker = t.TypeOf<typeof BgpSpeaker>;

/** Classes of subjects that this library reads and writes. */
export type SubjectClass = 'apps' | 'ports' | 'devices' | 'hosts' | 'links';

/** The configurations of one subject, by name: objects but for `interfaces` and `classifiers`, which are lists. */
export const Configs = t.record(t.string, t.unknown, 'Configs');
export type Configs = t.TypeOf<typeof Configs>;

const configs = t.record(t.string, t.UnknownRecord);
const classes = {
  apps: t.record(t.string, t.intersection([t.partial({ bgp: t.partial({ bgpSpeakers: t.array(BgpSpeaker) }) }), t.UnknownRecord])),
  ports: t.record(t.string, t.intersection([t.partial({ interfaces: t.array(PortInterface) }), t.UnknownRecord])),
  devices: configs,
  hosts: configs,
  links: configs,
};

/** The network configuration: by class of subject, subject (`of:0000000000000001/21`) and name of the configuration. */
export const NetworkConfiguration = t.type(classes, 'NetworkConfiguration');
export type NetworkConfiguration = t.TypeOf<typeof NetworkConfiguration>;

/** As much of it as is to be set. */
export const NetworkConfigurationPart = t.partial(classes, 'NetworkConfigurationPart');
export type NetworkConfigurationPart = t.TypeOf<typeof NetworkConfigurationPart>;

/** The speakers of `org.onosproject.router`, which SDN-IP carries the sessions of. */
export function bgpSpeakersOf(configuration: NetworkConfiguration): BgpSpeaker[] {
  return configuration.apps['org.onosproject.router']?.bgp?.bgpSpeakers ?? [];
}
