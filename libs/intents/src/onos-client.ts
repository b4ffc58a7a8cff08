import { isRight } from 'fp-ts/lib/Either.js';
import { aclCalls, type AclCalls } from './acl/acl.calls.js';
import { applicationCalls, type ApplicationCalls } from './applications/applications.calls.js';
import { clusterCalls, type ClusterCalls } from './cluster/cluster.calls.js';
import { deviceCalls, type DeviceCalls } from './devices/devices.calls.js';
import { flowCalls, type FlowCalls } from './flows/flows.calls.js';
import { hostCalls, type HostCalls } from './hosts/hosts.calls.js';
import type { AddressHealth } from './http/addresses.js';
import type { Call } from './http/call.js';
import { OnosHttp } from './http/onos-http.js';
import { readOptions, type OnosOptions } from './http/onos-options.js';
import { intentCalls, type IntentCalls } from './intents/intents.calls.js';
import { linkCalls, type LinkCalls } from './links/links.calls.js';
import { mastershipCalls, type MastershipCalls } from './mastership/mastership.calls.js';
import { networkConfigurationCalls, type NetworkConfigurationCalls } from './netcfg/netcfg.calls.js';
import { pathCalls, type PathCalls } from './paths/paths.calls.js';
import { routeCalls, type RouteCalls } from './routes/routes.calls.js';
import { topologyCalls, type TopologyCalls } from './topology/topology.calls.js';

/**
 * ONOS' northbound REST interface. Each call is a `TaskEither`: nothing is sent before it is run, it never rejects, and
 * expected failures are values; `unwrap` makes a plain promise of it. No cache: every run asks ONOS.
 */
export interface OnosClient {
  readonly devices: DeviceCalls;
  readonly links: LinkCalls;
  readonly hosts: HostCalls;
  readonly topology: TopologyCalls;
  readonly paths: PathCalls;
  readonly intents: IntentCalls;
  readonly flows: FlowCalls;
  readonly acl: AclCalls;
  readonly applications: ApplicationCalls;
  readonly netcfg: NetworkConfigurationCalls;
  readonly routes: RouteCalls;
  readonly cluster: ClusterCalls;
  readonly mastership: MastershipCalls;
  /** Base URL of the ONOS that the next call goes to. */
  address(): string;
  /** What the calls so far have shown of each address, in the order of the option `urls`. Asks nobody. */
  health(): readonly AddressHealth[];
  /** Asks every address now, past the queue, and gives what `health` says then. Within `timeoutMs`; never rejects. */
  probe(): Promise<readonly AddressHealth[]>;
  /** Opens that many connections (at most those of reads) by a cheap request on each, and gives the number that worked. */
  warm(connections: number): Promise<number>;
  /** Breaks connections; calls under way fail, later ones are refused. */
  close(): void;
}

const PROBE: Call = { method: 'GET', path: '/topology', repeatable: true };

/** Throws `TypeError` on options that cannot work. Opens no connection unless `keepWarm` says so. */
export function createOnosClient(options: OnosOptions): OnosClient {
  const settings = readOptions(options);
  const http = new OnosHttp(settings);

  const warm = async (connections: number): Promise<number> => {
    const results = await Promise.all(Array.from({ length: Math.min(connections, settings.maxConcurrent) }, http.send(PROBE)));
    return results.filter(isRight).length;
  };
  const keepWarm = (): void => {
    void warm(settings.keepWarm);
    void http.ask(PROBE, ({ answers, current }) => answers === false && !current);
  };
  const timer = settings.keepWarm > 0 ? setInterval(keepWarm, settings.idleMs / 2).unref() : undefined;
  if (timer !== undefined) keepWarm();

  return {
    devices: deviceCalls(http),
    links: linkCalls(http),
    hosts: hostCalls(http),
    topology: topologyCalls(http),
    paths: pathCalls(http),
    intents: intentCalls(http),
    flows: flowCalls(http),
    acl: aclCalls(http),
    applications: applicationCalls(http),
    netcfg: networkConfigurationCalls(http),
    routes: routeCalls(http),
    cluster: clusterCalls(http),
    mastership: mastershipCalls(http),
    address: () => http.address,
    health: () => http.health,
    probe: async () => {
      await http.ask(PROBE);
      return http.health;
    },
    warm,
    close: () => {
      clearInterval(timer);
      http.close();
    },
  };
}
