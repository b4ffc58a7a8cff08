import { readFileSync } from 'node:fs';
import type { Applications } from '../applications.js';
import type { FlowTable } from '../flows/flow-table.js';
import type { Hosts } from '../hosts.js';
import type { Intents } from '../intents/intents.js';
import { broken, notFound } from '../refusal.js';
import type { Device } from '../switch/device.js';
import type { Topology } from '../topology.js';
import { ago } from './device-routes.js';
import { done, ok, type Answer } from './exchange.js';
import { NODE } from './mastership-routes.js';
import { route, type Route } from './router.js';

export interface SystemParts {
  readonly devices: ReadonlyMap<string, Device>;
  readonly topology: Topology;
  readonly hosts: Hosts;
  readonly flows: FlowTable;
  readonly intents: Intents;
  readonly applications: Applications;
}
const CONFIGURATIONS: Readonly<Record<string, string>> = {
  'org.onosproject.openflow.controller.impl.OpenFlowControllerImpl': 'configuration-openflow.json',
  'org.onosproject.provider.of.flow.impl.OpenFlowRuleProvider': 'configuration-flow-poll.json',
  'org.onosproject.net.flow.impl.FlowRuleManager': 'configuration-flowrulemanager.json',
  'org.onosproject.net.intent.impl.IntentCleanup': 'configuration-intentcleanup.json',
  'org.onosproject.net.intent.impl.IntentManager': 'configuration-intentmanager.json',
};

/** ClusterWebResource, SystemInfoWebResource, ComponentConfigWebResource (as recorded), ApplicationsWebResource. */
export function systemRoutes({ devices, topology, hosts, flows, intents, applications }: SystemParts): Route[] {
  const startedAt = Date.now();
  const available = (): number => [...devices.values()].filter((device) => device.available).length;
  /** A name that is known by its number only is missing in other words. */
  const app = (name: string, gap: string): NonNullable<ReturnType<Applications['get']>> => {
    const found = applications.get(name);
    const id = applications.registered().find((one) => one.name === name)?.id;
    if (found === undefined)
      throw notFound(`Application is not found:${id === undefined ? gap + name : ` DefaultApplicationId{id=${id}, name=${name}}`}`);
    return found;
  };
  const node = (): Answer['body'] => ({
    id: NODE,
    ip: NODE,
    tcpPort: 9876,
    status: 'READY',
    lastUpdate: String(startedAt),
    humanReadableLastUpdate: ago(startedAt),
  });

  return [
    route('GET', '/onos/v1/cluster', () => ok({ nodes: [node()] })),
    route('GET', '/onos/v1/cluster/:id', ({ params: [id = ''] }) => {
      if (id !== NODE)
        throw broken('Cannot invoke "io.atomix.cluster.protocol.SwimMembershipProtocol$SwimMember.getState()" because "member" is null');
      return ok(node());
    }),
    route('GET', '/onos/v1/system', () => {
      const { heapUsed, heapTotal, rss } = process.memoryUsage();
      return ok({
        node: NODE,
        version: '2.7.0',
        clusterId: 'onos',
        nodes: 1,
        devices: available(),
        links: topology.links.length,
        hosts: hosts.list().length,
        sccs: topology.clusters,
        flows: flows.all().length,
        intents: intents.all().length,
        mem: { current: heapUsed, max: rss, committed: heapTotal },
        threads: { live: 1, daemon: 0, peak: 1 },
      });
    }),
    route('GET', '/onos/v1/configuration/:component', ({ params: [component = ''] }) => {
      const file = CONFIGURATIONS[component];
      if (file === undefined) throw notFound(`Config for '${component}' not found`);
      return ok(readFileSync(new URL(`../../../fixtures/onos/${file}`, import.meta.url), 'utf8'));
    }),
    route('GET', '/onos/v1/docs', ({ base }) => ({ status: 307, headers: { location: `${base}/onos/v1/docs/` } })),
    route('GET', '/onos/v1/applications', () => ok({ applications: applications.list() })),
    route('GET', '/onos/v1/applications/ids', () => ok({ applicationIds: applications.registered() })),
    route('GET', '/onos/v1/applications/ids/entry', ({ query }) => {
      const entry = applications.registered().find(({ name }) => name === query.get('name'));
      if (entry === undefined) throw notFound('Application ID is not found: null');
      return ok(entry);
    }),
    route('GET', '/onos/v1/applications/:name', ({ params: [name = ''] }) => ok(app(name, ''))),
    route('POST', '/onos/v1/applications/:name/active', ({ params: [name = ''] }) => {
      const found = app(name, ' ');
      applications.activate(found);
      return ok(found);
    }),
    route('DELETE', '/onos/v1/applications/:name/active', ({ params: [name = ''] }) => {
      const found = applications.get(name);
      if (found !== undefined) applications.deactivate(found);
      return done;
    }),
    route('POST', '/onos/v1/applications/:name/register', ({ params: [name = ''] }) => ok({ id: applications.register(name), name })),
  ];
}
