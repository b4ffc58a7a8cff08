import type { MitigationDetail } from '@guardpost/contracts';
import { isAxiosError } from 'axios';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Lab, type BgpSession } from '../lab/lab.js';
import type { Api } from '../system/api.js';
import { LAB_NAME } from '../system/global-setup.js';
import { LongPing } from '../system/hosts.js';
import { askOnos, blocked, calm, dropRules, until } from '../system/network.js';
import * as routes from '../system/routes.js';
import { FROM, reasonWithoutBgp, SDNIP, SIBLING, VICTIM } from '../system/routes.js';
import { Site } from '../system/site.js';
import { waitFor } from '../system/wait-for.js';

const missing = await reasonWithoutBgp();
const OTHER = '116.89.190.56/30';

describe.skipIf(missing !== '')(`an intent of SDN-IP is withdrawn, held and given back ${missing}`, () => {
  let lab: Lab;
  let site: Site;
  let api: Api;
  let before: string[];
  let sessions: string[];

  beforeAll(async () => {
    lab = await Lab.attach(LAB_NAME);
    await lab.startBgp();
    site = new Site(lab);
    api = await site.start();
    await calm(api, lab);
    before = await tables();
    sessions = (await lab.bgpUptimes()).map(uptime);
  });
  afterEach(() => calm(api, lab));
  afterAll(async () => {
    await site.stop();
    await lab.stopBgp();
  });

  const uptime = (s: BgpSession): string => `${s.name} ${s.with} ${s.state} established ${s.established} lost ${s.dropped}`;
  const tables = () => routes.tables(lab);
  const reach = (to: { address: string }) => routes.reach(lab, to);
  const pinging = (to: { address: string }, everyMs = 20) => routes.pinging(lab, to, everyMs);
  const withdraw = (prefix: string, more = {}) => routes.withdraw(api, prefix, more);
  const active = (prefix: string) => routes.withdrawn(api, prefix);
  const lift = (id: string) => routes.lifted(api, id);
  const intentState = (prefix: string) => routes.intentState(lab, prefix);
  const drifted = (id: string, drifts: number): Promise<MitigationDetail> =>
    waitFor(`drift ${drifts} mended`, async () => {
      const m = await api.mitigation(id);
      const intent = m.placements.find((p) => p.role === 'intent');
      return m.state === 'active' && intent!.drifts >= drifts && m;
    });
  const refused = async (request: Promise<unknown>): Promise<string> => {
    const error: unknown = await request.then(
      () => undefined,
      (e: unknown) => e,
    );
    if (!isAxiosError<{ detail?: string }>(error)) throw new Error('it was not refused');
    return `${error.response?.status} ${error.response?.data.detail}`;
  };

  it('the other prefix of the same next hop loses no ping, on withdrawal and on lift; the tables come back equal; no BGP session flaps', async () => {
    expect(await reach(VICTIM)).toBe(3);
    const bystander = pinging(SIBLING);
    const m = await active(VICTIM.prefix);
    const intent = m.placements.find((p) => p.role === 'intent')!;
    expect(intent).toMatchObject({ state: 'confirmed', intent: { appId: SDNIP, key: VICTIM.prefix } });
    expect(intent.intent!.rules).toBeGreaterThan(0);
    expect(intent.intent!.siblings).toContain(SIBLING.prefix);
    expect(m.placements.filter((p) => p.role === 'guard').map((p) => p.state)).toEqual([
      'confirmed',
      'confirmed',
      'confirmed',
      'confirmed',
    ]);
    expect(await intentState(VICTIM.prefix)).toBeUndefined();
    expect((await tables()).filter((line) => line.includes(`nw_dst=${VICTIM.prefix}`))).toHaveLength(4); // the guards
    expect(await reach(VICTIM)).toBe(0);
    expect(await reach(SIBLING)).toBe(3);

    const lifted = await lift(m.id);
    expect(lifted.transitions.at(-1)?.why).toBeDefined();
    expect(await reach(VICTIM)).toBe(3);
    const { sent, received } = await bystander.stop();
    expect(sent).toBeGreaterThan(50);
    expect(received).toBe(sent);
    expect(await tables()).toEqual(before);
    expect((await lab.bgpUptimes()).map(uptime)).toEqual(sessions);
  });

  it('two of one next hop at once, one of them lifted: the other stays out, the third loses nothing', async () => {
    const [m, n] = [await active(VICTIM.prefix), await active(OTHER)];
    const bystander = pinging(SIBLING);
    const victim = pinging(VICTIM);
    await lift(n.id);
    await waitFor(
      'the first held again',
      async () => (await api.mitigation(m.id)).state === 'active' && (await intentState(VICTIM.prefix)) === undefined,
    );
    expect((await victim.stop()).received).toBe(0);
    await lift(m.id);
    const { sent, received } = await bystander.stop();
    expect(received).toBe(sent);
    expect(await tables()).toEqual(before);
  });

  it('four of one next hop at once, and back at once: the fifth loses nothing, and each is back as it was', async () => {
    const keys = lab
      .router('gist1-router')
      .prefixes.map((p) => p.prefix)
      .filter((p) => p !== SIBLING.prefix);
    const bystander = pinging(SIBLING);
    await Promise.all(keys.map((prefix) => withdraw(prefix)));
    const held = await Promise.all(keys.map((prefix) => blocked(api, prefix)));
    expect(await reach(VICTIM)).toBe(0);
    await Promise.all(held.map((m) => api.lift(m.id, { muteSeconds: 0 })));
    await waitFor('all of them lifted', async () => (await api.mitigations('&live=true')).length === 0, { seconds: 40 });
    const { sent, received } = await bystander.stop();
    expect(received).toBe(sent);
    expect(await tables()).toEqual(before);
  });

  describe('holds against', () => {
    let m: MitigationDetail;
    let attack: LongPing;
    let drifts: number;
    beforeAll(async () => {
      m = await active(VICTIM.prefix);
      attack = pinging(VICTIM);
      drifts = 0;
    });
    /** Not one packet came through, from the withdrawal to here. */
    const sealed = async (): Promise<void> => {
      const { sent, received } = await attack.stop();
      expect(sent).toBeGreaterThan(5);
      expect(received).toBe(0);
    };
    const restart = async (): Promise<void> => {
      m = await active(VICTIM.prefix);
      attack = pinging(VICTIM);
    };

    it('the route withdrawn and announced again', async () => {
      await lab.unannounce('gist1-router', VICTIM.prefix);
      await waitFor('the route gone', async () => !(await routes.announced(lab)).includes(VICTIM.prefix));
      await lab.announce('gist1-router', VICTIM.prefix);
      await drifted(m.id, ++drifts);
      await sealed();
    });

    it('an interface added', async () => {
      await restart();
      const path = `/network/configuration/ports/${encodeURIComponent(`${lab.box('skku').device}/77`)}`;
      await askOnos(lab, 'POST', path, { interfaces: [{ name: 'new', ips: ['192.0.2.1/24'], mac: '02:00:00:00:02:77' }] });
      try {
        await drifted(m.id, 1);
      } finally {
        await askOnos(lab, 'DELETE', path);
      }
      expect((await drifted(m.id, 2)).state).toBe('active');
      await sealed();
    });

    it('SDN-IP switched off and on', async () => {
      await restart();
      await askOnos(lab, 'DELETE', `/applications/${SDNIP}/active`);
      await askOnos(lab, 'POST', `/applications/${SDNIP}/active`);
      await drifted(m.id, 1);
      await waitFor('the sibling', async () => (await reach(SIBLING)) === 3, { seconds: 30 });
      await sealed();
      // That ONOS ends its own session when it is switched off is its business: from here on none may be lost again.
      await waitFor('the sessions', async () => (await lab.bgpUptimes()).every((s) => s.state === 'Established'), { seconds: 30 });
      sessions = (await lab.bgpUptimes()).map(uptime);
    });

    it('somebody who sends the stored intent back as a catch-all, and what was is restored all the same', async () => {
      const stored = (await askOnos(lab, 'GET', `/intents/${SDNIP}/${encodeURIComponent(VICTIM.prefix)}`)) as Record<string, unknown>;
      const { constraints: _, id: __, resources: ___, state: ____, ...rest } = stored;
      await restart();
      await askOnos(lab, 'POST', '/intents', rest);
      await drifted(m.id, 1);
      await sealed();
      await lift(m.id);
      expect(await tables()).toEqual(before);
    });
  });

  it('a bridge that is killed at any point goes on where it was', async () => {
    const m = await active(VICTIM.prefix);
    await api.lift(m.id, { muteSeconds: 0 });
    await site.bridge().stop('SIGKILL');
    site.bridge().start();
    await waitFor('the bridge', () => api.ready().catch(() => false), { seconds: 60 });
    await waitFor('the lift', async () => (await api.mitigation(m.id)).state === 'lifted', { seconds: 30 });
    await waitFor('the tables', async () => JSON.stringify(await tables()) === JSON.stringify(before), { seconds: 15 });
  });

  it("a host's own intents, chosen by its address, come back with the selector that they had", async () => {
    const host = lab.host('koren-h1');
    const m = await active(`${host.v4}/32`);
    expect(m.placements.find((p) => p.role === 'intent')?.intent?.key).toBe('to-koren-h1');
    expect(await lab.ping('gist1-h1', lab.host('gist1-h1').v4, host.v4, 2)).toBe(0);
    await lift(m.id);
    expect(await lab.ping('gist1-h1', lab.host('gist1-h1').v4, host.v4, 2)).toBe(2);
    expect(await tables()).toEqual(before);
  });

  it('drops an attack from another AS where it enters, and nothing of BGP', async () => {
    await api.addIndicators([{ prefix: FROM.source }]);
    await until.watched(api);
    const attack = pinging(VICTIM, 50);
    await blocked(api, `${FROM.source}/32`);
    const port = lab.router(FROM.router).port;
    await waitFor('a rule where it enters', async () =>
      (await dropRules(lab, 'gist2')).some((r) => r.match === `ip,in_port=${port},nw_src=${FROM.source}`),
    );
    expect(await reach(VICTIM)).toBe(0);
    await attack.stop();
    expect((await lab.bgpUptimes()).map(uptime)).toEqual(sessions);
  });

  it('refuses what would cut BGP, and what it could not give back', async () => {
    const peer = lab.router('gist1-router').address.split('/')[0]!;
    const drop = (prefix: string) => api.create({ target: { prefix }, actions: ['drop-flow'], ttlSeconds: 60, reason: 'test' });
    expect(await refused(drop(`${peer}/32`))).toMatch(/422 .*never blocked/);
    expect(await refused(drop('116.89.190.0/24'))).toMatch(/422 .*never blocked/);
    expect(await refused(drop('fe80::/64'))).toMatch(/422 .*never blocked/);
    expect(await refused(drop('ff02::1/128'))).toMatch(/422 .*never blocked/);
    expect(await refused(withdraw('198.18.0.1/32'))).toMatch(/422 .*no intent that carries/);
    const { intents } = (await askOnos(lab, 'GET', `/intents/application/${SDNIP}`)) as { intents: { key: string }[] };
    const session = intents.find((i) => !i.key.includes('/'))!;
    expect(await refused(withdraw(VICTIM.prefix, { intents: [{ appId: SDNIP, key: session.key }] }))).toMatch(/422 .*BGP session/);
    expect(await refused(withdraw(VICTIM.prefix, { intents: [{ appId: SDNIP, key: '192.0.2.0/24' }] }))).toMatch(/422 .*no intent/);
    // Even a rule at the top of our band, put there by hand, leaves BGP, ARP and LLDP alone.
    const rules = lab.boxes.map(({ device }) => ({
      deviceId: device,
      priority: 999,
      isPermanent: true,
      timeout: 0,
      selector: {
        criteria: [
          { type: 'ETH_TYPE', ethType: '0x800' },
          { type: 'IPV4_DST', ip: '116.89.190.0/24' },
        ],
      },
      treatment: {},
    }));
    await askOnos(lab, 'POST', '/flows?appId=org.test.everything', { flows: rules });
    try {
      await waitFor('the rules', async () => (await dropRules(lab, 'gist1')).length > 0);
      expect(await reach(SIBLING)).toBe(0);
      await new Promise((resolve) => setTimeout(resolve, 6_000)); // longer than the hold time of the sessions
      const { links } = (await askOnos(lab, 'GET', '/links')) as { links: unknown[] };
      expect(links).toHaveLength(12);
      expect((await lab.bgpUptimes()).map(uptime)).toEqual(sessions);
    } finally {
      await askOnos(lab, 'DELETE', '/flows/application/org.test.everything');
    }
    await waitFor('the way back', async () => (await reach(SIBLING)) === 3);
  });
});
