import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bgpMissing } from '../system/available.js';
import { LAB_NAME } from '../system/global-setup.js';
import { askOnos } from '../system/network.js';
import { waitFor } from '../system/wait-for.js';
import { Lab } from './lab.js';

const SDNIP = 'org.onosproject.sdnip';
const missing = bgpMissing() ?? '';

/** SDN-IP with a speaker and four routers of other ASes: routes become intents, and traffic flows by them. */
describe.skipIf(missing !== '')(`BGP around the lab ${missing}`, () => {
  let lab: Lab;
  let before: string[];
  const intents = async (): Promise<{ key: string; state: string }[]> =>
    ((await askOnos(lab, 'GET', '/intents')) as { intents: { appId: string; key: string; state: string }[] }).intents.filter(
      (i) => i.appId === SDNIP,
    );
  const installed = async (prefix: string): Promise<boolean> => (await intents()).some((i) => i.key === prefix && i.state === 'INSTALLED');
  /** What a switch has, but counters and cookies. */
  const tables = async (): Promise<string[]> =>
    (await Promise.all(lab.boxes.map(async (b) => (await lab.flows(b)).map((f) => `${b.id} ${f.priority} ${f.match} ${f.actions}`))))
      .flat()
      .sort();
  /** `203.0.113.66/24` is announced as 203.0.113.0/24: the description has the prefix itself. */
  const prefixes = (): string[] => lab.bgp.routers.flatMap((r) => r.prefixes.map((p) => p.prefix));

  beforeAll(async () => {
    lab = await Lab.up({ name: LAB_NAME });
    before = await tables();
    await lab.startBgp();
  });
  afterAll(() => lab?.down());

  it('has every session established, seen from both ends in the lab', async () => {
    const sessions = await lab.bgpUptimes();
    expect(sessions.map((s) => s.state)).toEqual(sessions.map(() => 'Established'));
    // The speaker with ONOS and with every router, and every router with the speaker.
    expect(sessions).toHaveLength(1 + 2 * lab.bgp.routers.length);
  });

  it('has an installed intent for every prefix, several of them by one next hop', async () => {
    const keys = (await intents()).filter((i) => i.key.includes('/') && i.state === 'INSTALLED').map((i) => i.key);
    expect(keys.sort()).toEqual(prefixes().sort());
    expect(lab.router('gist1-router').prefixes.length).toBeGreaterThan(3);
  });

  it('carries traffic between all routers, both ways', async () => {
    const unreached: string[] = [];
    for (const from of lab.bgp.routers)
      for (const to of lab.bgp.routers.filter((r) => r !== from))
        for (const { address } of to.prefixes)
          if ((await lab.ping(from, from.prefixes[0]!.address, address)) !== 1) unreached.push(`${from.name} -> ${address}`);
    expect(unreached).toEqual([]);
  });

  it('takes an intent away with its route, and makes it again', async () => {
    const { prefix } = lab.router('koren-router').prefixes[0]!;
    await lab.unannounce('koren-router', prefix);
    await waitFor('the route gone', async () => !(await installed(prefix)));
    await lab.announce('koren-router', prefix);
    await waitFor('the route back', () => installed(prefix));
    const fresh = await lab.announce('skku-router', '198.18.7.0/24');
    await waitFor('a new route', () => installed('198.18.7.0/24'));
    const { name, prefixes: own } = lab.router('gist2-router');
    await waitFor('its traffic', async () => (await lab.ping(lab.router(name), own[0]!.address, fresh.address)) === 1);
  });

  it('leaves the lab as it was', async () => {
    await lab.stopBgp();
    await waitFor('no intent of SDN-IP', async () => (await intents()).length === 0);
    expect(await lab.bgpMissing()).toBeUndefined();
    await waitFor('the tables as before', async () => JSON.stringify(await tables()) === JSON.stringify(before));
    expect(await tables()).toEqual(before);
  });
});
