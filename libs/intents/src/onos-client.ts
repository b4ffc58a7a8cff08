import { isRight } from 'fp-ts/lib/Either.js';
import { clusterCalls, type ClusterCalls } from './cluster/cluster.calls.js';
import { deviceCalls, type DeviceCalls } from './devices/devices.calls.js';
import { flowCalls, type FlowCalls } from './flows/flows.calls.js';
import { hostCalls, type HostCalls } from './hosts/hosts.calls.js';
import { OnosHttp } from './http/onos-http.js';
import { readOptions, type OnosOptions } from './http/onos-options.js';
import { intentCalls, type IntentCalls } from './intents/intents.calls.js';
import { linkCalls, type LinkCalls } from './links/links.calls.js';
import { networkConfigurationCalls, type NetworkConfigurationCalls } from './netcfg/netcfg.calls.js';
import { routeCalls, type RouteCalls } from './routes/routes.calls.js';

/**
 * ONOS' northbound REST interface. Each call is a `TaskEither`: nothing is sent before it is run, it never rejects, and
 * expected failures are values; `unwrap` makes a plain promise of it. No cache: every run asks ONOS.
 */
export interface OnosClient {
  readonly devices: DeviceCalls;
  readonly links: LinkCalls;
  readonly hosts: HostCalls;
  readonly intents: IntentCalls;
  readonly flows: FlowCalls;
  readonly netcfg: NetworkConfigurationCalls;
  readonly routes: RouteCalls;
  readonly cluster: ClusterCalls;
  /** Base URL of the ONOS that the next call goes to. */
  address(): string;
  /** Opens that many connections (at most those of reads) by a cheap request on each, and gives the number that worked. */
  warm(connections: number): Promise<number>;
  /** Breaks connections; calls under way fail, later ones are refused. */
  close(): void;
}

/** Throws `TypeError` on options that cannot work. Opens no connection unless `keepWarm` says so. */
export function createOnosClient(options: OnosOptions): OnosClient {
  const settings = readOptions(options);
  const http = new OnosHttp(settings);
  const cluster = clusterCalls(http);

  const warm = async (connections: number): Promise<number> => {
    const results = await Promise.all(Array.from({ length: Math.min(connections, settings.maxConcurrent) }, () => cluster.topology()()));
    return results.filter(isRight).length;
  };
  const timer = settings.keepWarm > 0 ? setInterval(() => void warm(settings.keepWarm), settings.idleMs / 2).unref() : undefined;
  if (timer !== undefined) void warm(settings.keepWarm);

  return {
    devices: deviceCalls(http),
    links: linkCalls(http),
    hosts: hostCalls(http),
    intents: intentCalls(http),
    flows: flowCalls(http),
    netcfg: networkConfigurationCalls(http),
    routes: routeCalls(http),
    cluster,
    address: () => http.address,
    warm,
    close: () => {
      clearInterval(timer);
      http.close();
    },
  };
}
