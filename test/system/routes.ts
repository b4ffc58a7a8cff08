import type { MitigationDetail, MitigationRequest } from '@guardpost/contracts';
import { Lab } from '../lab/lab.js';
import type { Api } from './api.js';
import { LAB_NAME } from './global-setup.js';
import { LongPing } from './hosts.js';
import { askOnos, blocked } from './network.js';
import { waitFor } from './wait-for.js';

export const SDNIP = 'org.onosproject.sdnip';
/** Two prefixes of one router: the same next hop, so shared rules. */
export const VICTIM = { prefix: '116.89.190.244/30', address: '116.89.190.245' };
export const SIBLING = { prefix: '116.89.190.24/30', address: '116.89.190.25' };
/** Who talks to them, from another AS. */
export const FROM = { router: 'gist2-router', source: '203.0.113.66' };

/** Why a spec of SDN-IP can't run here; empty where it can. */
export async function reasonWithoutBgp(): Promise<string> {
  const lab = process.env['GUARDPOST_LAB_MISSING'] ?? '';
  return lab !== '' ? lab : ((await (await Lab.attach(LAB_NAME)).bgpMissing()) ?? '');
}

/** Every rule of every switch but counters and cookies. */
export const tables = async (lab: Lab): Promise<string[]> =>
  (await Promise.all(lab.boxes.map(async (b) => (await lab.flows(b)).map((f) => `${b.id} ${f.priority} ${f.match} ${f.actions}`))))
    .flat()
    .sort();

export const reach = (lab: Lab, { address }: { address: string }, count = 3): Promise<number> =>
  lab.ping(lab.router(FROM.router), FROM.source, address, count);
export const pinging = (lab: Lab, { address }: { address: string }, everyMs = 20): LongPing =>
  new LongPing(lab, lab.router(FROM.router).namespace, address, everyMs, FROM.source);

/** What ONOS says of SDN-IP's intent of a prefix; undefined where it has none. */
export async function intentState(lab: Lab, prefix: string): Promise<string | undefined> {
  const { intents } = (await askOnos(lab, 'GET', `/intents/application/${SDNIP}`)) as { intents: { key: string; state: string }[] };
  return intents.find((i) => i.key === prefix)?.state;
}

/** Prefixes that ONOS' route service has resolved. */
export async function announced(lab: Lab): Promise<string[]> {
  const { onosUser, onosPassword } = lab.description;
  const authorization = `Basic ${Buffer.from(`${onosUser}:${onosPassword}`).toString('base64')}`;
  const answer = await fetch(`${lab.onosUrl}/onos/routeservice/routes`, { headers: { authorization } });
  return ((await answer.json()) as { ipv4: { prefix: string }[] }).ipv4.map((r) => r.prefix);
}

export const withdraw = (api: Api, prefix: string, more: Partial<MitigationRequest> = {}): Promise<MitigationDetail> =>
  api.create({ target: { prefix }, actions: ['withdraw-intent'], ttlSeconds: 600, reason: 'test', ...more });

/** A withdrawal once it is whole: intent gone, guards in the switches. */
export async function withdrawn(api: Api, prefix: string, more: Partial<MitigationRequest> = {}): Promise<MitigationDetail> {
  await withdraw(api, prefix, more);
  return blocked(api, prefix);
}

export async function lifted(api: Api, id: string): Promise<MitigationDetail> {
  await api.lift(id, { muteSeconds: 0 });
  return waitFor('the lift', async () => {
    const m = await api.mitigation(id);
    return m.state === 'lifted' && m;
  });
}

/**
 * Has ONOS meet the routers where they are. While it does not know a link it takes the port for an edge, and a router whose ARP request
 * crossed it for a host there: SDN-IP then withdraws the routes by way of it, until the router is heard again. That can take long, for
 * BGP itself keeps the speaker's MAC in use. Asks as long as there is one.
 */
export async function meetRouters(lab: Lab): Promise<void> {
  type Host = { ipAddresses: string[]; locations: { elementId: string; port: string }[] };
  await waitFor(
    'the routers where they are',
    async () => {
      const { hosts } = (await askOnos(lab, 'GET', '/hosts')) as { hosts: Host[] };
      const strangers = lab.bgp.routers.filter(
        ({ address, device, port }) =>
          !hosts.some((h) => h.ipAddresses.includes(address) && h.locations.some((l) => l.elementId === device && l.port === String(port))),
      );
      for (const { namespace, peer } of strangers) {
        await lab.exec(namespace, ['ip', 'neigh', 'flush', 'to', peer]);
        await lab.exec(namespace, ['ping', '-qc1', '-W1', peer]);
      }
      return strangers.length === 0;
    },
    { seconds: 30, everyMs: 500 },
  );
}
