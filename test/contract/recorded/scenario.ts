import { recordedJson } from '../../fixtures/onos/recorded.js';
import type { OnosSite } from './onos-site.js';

type Step = (site: OnosSite) => Promise<void>;

const device = (n: number): string => `of:${n.toString(16).padStart(16, '0')}`;
const SDNIP = 'org.onosproject.sdnip';
const CORE = 'org.onosproject.core';
const NEXT_HOP = { '203.0.113.0/24': 1, '203.0.114.0/24': 1, '198.51.100.0/24': 2, '192.0.2.0/24': 3, '172.20.0.0/16': 3 } as const;
const FLAPPING = '203.0.113.0/24';

const host = (mac: string, ips: string[], at: string): Record<string, unknown> => ({
  [`${mac}/None`]: { basic: { ips, locations: [at] } },
});
const HOSTS = {
  hosts: Object.assign({}, ...[1, 2, 3, 4].map((n) => host(`02:00:00:00:00:0${n}`, [`10.0.0.${n}`], `${device(n)}/1`))) as Record<
    string,
    unknown
  >,
};
const PEERS = {
  hosts: Object.assign(
    host('02:00:00:00:02:01', ['192.168.1.1', '192.168.2.1', '192.168.3.1'], `${device(4)}/22`),
    ...[1, 2, 3].map((n) => host(`02:00:00:00:01:0${n}`, [`192.168.${n}.2`], `${device(n)}/21`)),
  ) as Record<string, unknown>,
};

const netcfg = (site: OnosSite, body: unknown): Promise<unknown> => site.tell('POST', '/onos/v1/network/configuration', body);
const route = (site: OnosSite, method: 'POST' | 'DELETE', prefix: keyof typeof NEXT_HOP): Promise<unknown> =>
  site.tell(method, '/onos/routeservice/routes', { type: 'STATIC', prefix, nextHop: `192.168.${NEXT_HOP[prefix]}.2` });
const installed = (site: OnosSite, key: string, app = SDNIP): Promise<void> =>
  site.until(`${key} INSTALLED`, async () => (await site.intentState(app, key)) === 'INSTALLED');
const withdraw = (site: OnosSite, key: string, app = SDNIP): Promise<unknown> =>
  site.send('DELETE', `/onos/v1/intents/${app}/${encodeURIComponent(key)}`);
/** SDN-IP forgets a route whose next hop's host or interface ONOS does not know yet. */
async function announce(site: OnosSite, prefix: keyof typeof NEXT_HOP): Promise<void> {
  for (let attempt = 0; attempt < 8; attempt++) {
    await route(site, 'POST', prefix);
    const there = await site
      .until(prefix, async () => (await site.intentState(SDNIP, prefix)) === 'INSTALLED', 2)
      .then(
        () => true,
        () => false,
      );
    if (there) return;
    await route(site, 'DELETE', prefix);
  }
  throw new Error(`${prefix} was announced and did not become an intent`);
}
const flap: Step = async (site) => {
  await route(site, 'DELETE', FLAPPING);
  // What an application withdraws stays listed; only REST purges.
  await site.until(`${FLAPPING} withdrawn`, async () => ['WITHDRAWN', undefined].includes(await site.intentState(SDNIP, FLAPPING)));
  await announce(site, FLAPPING);
};

/** The lab as it was when the recording began. */
export const prepare: Step = async (site) => {
  await Promise.all([...site.lab.hosts, site.lab.gateway].map(({ name }) => withdraw(site, `to-${name}`, 'org.onosproject.cli')));
  const ids = [...site.lab.hosts, site.lab.gateway].map(({ mac }) => `${mac.toUpperCase()}/None`);
  for (const id of ids) await site.tell('DELETE', `/onos/v1/network/configuration/hosts/${encodeURIComponent(id)}`);
  await netcfg(site, HOSTS);
  await site.until('12 links', async () => (await site.links()) === 12, 30);
};
/** And as others expect to find it. */
export const restore: Step = async (site) => {
  for (const prefix of Object.keys(NEXT_HOP) as (keyof typeof NEXT_HOP)[]) await route(site, 'DELETE', prefix).catch(() => undefined);
  const port = (at: string): string => `/onos/v1/network/configuration/ports/${encodeURIComponent(at)}`;
  for (const n of [1, 2, 3]) await site.send('DELETE', port(`${device(n)}/21`));
  await site.send('DELETE', '/onos/v1/network/configuration/apps/org.onosproject.router');
  for (const id of Object.keys({ ...HOSTS.hosts, ...PEERS.hosts }))
    await site.send('DELETE', `/onos/v1/network/configuration/hosts/${encodeURIComponent(id)}`);
  const { intents } = (await site.get('/onos/v1/intents')) as { intents: { appId: string; key: string }[] };
  for (const { appId, key } of intents.filter(({ appId: app }) => app === CORE || app === SDNIP)) await withdraw(site, key, appId);
  await site.lab.settle();
};

/** What was done between the recorded calls, by the name of the call that follows. */
export const BEFORE: Readonly<Record<string, Step>> = {
  'intents-all-deleted': async (site) => {
    for (const key of ['p2p-1', 'h2h-1', 's2m-1']) await withdraw(site, key, CORE);
  },
  'sdnip-intents': async (site) => {
    await netcfg(site, PEERS);
    await netcfg(site, recordedJson('netcfg-sdnip.json'));
    for (const prefix of Object.keys(NEXT_HOP) as (keyof typeof NEXT_HOP)[]) await announce(site, prefix);
  },
  'sdnip-delete-2': flap,
  'sdnip-intents-after-route-withdraw': (site) => route(site, 'DELETE', FLAPPING).then(() => undefined),
  'sdnip-netcfg-add-interface': async (site) => {
    await announce(site, FLAPPING);
    await withdraw(site, FLAPPING);
  },
  'sdnip-repost-without-constraints': (site) => withdraw(site, FLAPPING).then(() => undefined),
  'drift-delete-intent-flow': async (site) => {
    await flap(site);
    await installed(site, '198.51.100.0/24');
    const related = (await site.get(`/onos/v1/intents/relatedflows/${SDNIP}/198.51.100.0%2F24`)) as {
      paths: { id: string; deviceId: string }[][];
    };
    site.learn('5910976574812997', related.paths.flat().find(({ deviceId }) => deviceId === device(3))?.id ?? '');
  },
  'link-down-before': async (site) => {
    const at = (n: number): unknown => ({ device: device(n), port: '1' });
    await site.tell('POST', '/onos/v1/intents', {
      type: 'PointToPointIntent',
      appId: CORE,
      key: 'link-test',
      priority: 300,
      selector: { criteria: [{ type: 'ETH_TYPE', ethType: '0x0800' }] },
      ingressPoint: at(1),
      egressPoint: at(2),
    });
    await installed(site, 'link-test', CORE);
  },
  'link-down-links': (site) => site.vsctl('gist1', 'del-port', 'br-nd1', 'eth2').then(() => undefined),
  'device-disconnected': async (site) => {
    await site.vsctl('gist1', 'add-port', 'br-nd1', 'eth2', '--', 'set', 'interface', 'eth2', 'ofport_request=6');
    await site.until('12 links', async () => (await site.links()) === 12, 30);
    await site.stopSwitch('skku');
    await site.until('3 devices', async () => (await site.devices()) === 3, 30);
  },
  'final-sdnip-intents-summary': async (site) => {
    await withdraw(site, 'link-test', CORE);
    await site.tell('DELETE', `/onos/v1/flows/application/org.onosproject.cli`);
    await site.lab.restartSwitch('skku'); // which also steers
    // While a switch of its way was dead ONOS could not finish withdrawing it in the 5 s that a DELETE waits: then it is left, WITHDRAWN, until the next.
    await withdraw(site, 'link-test', CORE);
    await Promise.all([...site.lab.hosts, site.lab.gateway].map(({ name }) => withdraw(site, `to-${name}`, 'org.onosproject.cli')));
  },
};

/** What a call must have brought about, beyond its own answer. */
export const AFTER: Readonly<Record<string, Step>> = {
  'sdnip-netcfg-add-interface': (site) => installed(site, FLAPPING),
  'app-sdnip-activate': (site) => installed(site, FLAPPING),
  'app-sdnip-activate-2': (site) => installed(site, FLAPPING),
};
