import { Acl } from './acl.js';
import { Applications } from './applications.js';
import type { EmulatorConfig } from './config.js';
import { flowRule } from './flows/flow-rule.js';
import { FlowTable } from './flows/flow-table.js';
import { Hosts } from './hosts.js';
import { deviceRoutes } from './http/device-routes.js';
import { flowRoutes } from './http/flow-routes.js';
import { intentRoutes } from './http/intent-routes.js';
import { aclRoutes, netcfgRoutes, routeServiceRoutes } from './http/netcfg-routes.js';
import { mastershipRoutes } from './http/mastership-routes.js';
import { onosServer } from './http/server.js';
import { systemRoutes } from './http/system-routes.js';
import { topologyRoutes } from './http/topology-routes.js';
import { Intents } from './intents/intents.js';
import { NetworkConfiguration } from './netcfg.js';
import { SdnIp } from './sdnip/sdnip.js';
import { Device } from './switch/device.js';
import { Topology } from './topology.js';

export interface Emulator {
  /** The port it listens on. */
  readonly port: number;
  close(): Promise<void>;
}
type Log = (message: string) => void;

/** What ONOS' packet service puts into every switch: ARP, LLDP and BDDP to the controller. */
const PUNTED = ['0x806', '0x88cc', '0x8942'];
const PUNT = { instructions: [{ type: 'OUTPUT', port: 'CONTROLLER' }], clearDeferred: true as const, deferred: [] };

export async function startEmulator(config: EmulatorConfig, log: Log): Promise<Emulator> {
  const applications = new Applications();
  const { register, isRegistered } = applications;
  const devices = new Map(
    config.devices.map(({ id, bridge, rundir, address }) => [id, new Device(id, address, { name: bridge, rundir }, log)]),
  );
  const netcfg = new NetworkConfiguration(devices.keys());
  const hosts = new Hosts(netcfg);
  const flows = new FlowTable(devices);
  const topology = new Topology(devices, config.wires);
  const locate = (id: string): { mac: string; at: { device: string; port: string } } | undefined => {
    const host = hosts.get(id);
    const [at] = host?.locations ?? [];
    return host && at && { mac: host.mac, at };
  };
  const intents = new Intents(flows, topology, { register, locate });
  const sdnip = new SdnIp(netcfg, hosts, applications, intents);
  const acl = new Acl(hosts, flows, register);

  for (const id of devices.keys()) void flows.add(PUNTED.map((ethType) => punt(id, ethType, register)));
  for (const device of devices.values()) {
    device.on('availability', () => log(`${device.id} ${device.available ? 'connected' : 'disconnected'}`));
    device.start();
  }
  if (config.netcfg !== undefined) netcfg.apply(config.netcfg);
  for (const { prefix, nextHop } of config.routes ?? []) sdnip.announce({ source: 'BGP', prefix, nextHop });

  const server = onosServer(
    [
      ...deviceRoutes(devices, topology, hosts),
      ...topologyRoutes(devices, topology, hosts),
      ...mastershipRoutes(devices),
      ...flowRoutes(flows, register, isRegistered),
      ...intentRoutes(intents, flows, isRegistered),
      ...systemRoutes({ devices, topology, hosts, flows, intents, applications }),
      ...netcfgRoutes(netcfg),
      ...aclRoutes(acl, applications),
      ...routeServiceRoutes(sdnip),
    ],
    { user: config.user, password: config.password, log },
  );
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(config.listen.port, config.listen.host, resolve));
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : config.listen.port,
    close: async () => {
      for (const device of devices.values()) device.close();
      intents.close();
      topology.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function punt(deviceId: string, ethType: string, register: (name: string) => number): ReturnType<typeof flowRule> {
  const selector = { criteria: [{ type: 'ETH_TYPE', ethType }] };
  return flowRule(
    { appId: 'org.onosproject.core', deviceId, priority: 40_000, timeout: 0, tableId: 0, selector, treatment: PUNT },
    register,
  );
}
