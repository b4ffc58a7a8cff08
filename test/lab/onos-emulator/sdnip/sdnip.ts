import type { Applications } from '../applications.js';
import type { Hosts } from '../hosts.js';
import type { Intent } from '../intents/intent.js';
import type { Intents } from '../intents/intents.js';
import type { NetworkConfiguration } from '../netcfg.js';
import { interfacesOf, speakersOf } from './interfaces.js';
import { peerIntents } from './peer-intents.js';
import { routeIntent, type Route } from './route-intents.js';

export const SDNIP = 'org.onosproject.sdnip';

type Draft = ReturnType<typeof peerIntents>[number] | NonNullable<ReturnType<typeof routeIntent>>;

/**
 * SDN-IP with route-service and intentsynchronizer, without BGP: routes come by the configuration or by POST /onos/routeservice/routes.
 * It remembers what it submitted and looks at nothing else: an intent that was withdrawn by REST comes back only when a route is new, or
 * with all others when an interface is added or removed, or when the application is turned on.
 */
export class SdnIp {
  private readonly routes = new Map<string, Route>();
  private readonly submitted = new Map<string, Draft>();
  private interfaces = '';

  constructor(
    private readonly netcfg: NetworkConfiguration,
    private readonly hosts: Hosts,
    private readonly applications: Applications,
    private readonly intents: Intents,
  ) {
    netcfg.on('changed', () => this.look());
    applications.on('active', (name, active) => {
      if (name !== SDNIP) return;
      if (active) this.look(true);
      else this.withdrawAll();
    });
  }

  list(): Route[] {
    return [...this.routes.values()];
  }
  /** Nothing happens for a route that is known with this next hop. */
  announce(route: Route): void {
    const known = this.routes.get(route.prefix);
    this.routes.set(route.prefix, route);
    if (known?.nextHop !== route.nextHop) this.look();
  }
  retract(prefix: string): void {
    if (this.routes.delete(prefix)) this.look();
  }

  /** Submits what is new or different; everything that is a route when the interfaces have changed, or when it is asked for. */
  private look(everything = false): void {
    if (!this.applications.isActive(SDNIP)) return;
    const interfaces = interfacesOf(this.netcfg);
    const state = JSON.stringify(interfaces);
    const again = everything || state !== this.interfaces;
    this.interfaces = state;
    const routes = this.list().flatMap((route) => routeIntent(SDNIP, route, interfaces, this.hosts.byIp(route.nextHop)) ?? []);
    const wanted = new Map([...peerIntents(SDNIP, speakersOf(this.netcfg), interfaces), ...routes].map((draft) => [draft.key, draft]));
    for (const key of this.submitted.keys()) if (!wanted.has(key)) this.withdraw(key);
    for (const [key, draft] of wanted) {
      const isRoute = draft.type === 'MultiPointToSinglePointIntent';
      if ((again && (isRoute || everything)) || JSON.stringify(this.submitted.get(key)) !== JSON.stringify(draft)) this.submit(draft);
    }
  }

  private submit(draft: Draft): void {
    this.submitted.set(draft.key, draft);
    const intent: Intent = { id: this.intents.nextId(), ...draft };
    this.intents.submit(intent);
  }
  private withdraw(key: string): void {
    this.submitted.delete(key);
    const record = this.intents.get(SDNIP, key);
    if (record !== undefined) void this.intents.withdraw(record);
  }
  private withdrawAll(): void {
    for (const key of this.submitted.keys()) this.withdraw(key);
  }
}
