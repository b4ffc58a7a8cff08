import { rmSync } from 'node:fs';
import type { MitigationDetail } from '@guardpost/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab } from '../lab/lab.js';
import type { Api } from '../system/api.js';
import { LAB_NAME } from '../system/global-setup.js';
import { LongPing, ping } from '../system/hosts.js';
import { allDropRules, askOnos, blocked, calm, heldByOnos, ofctl, takeAway } from '../system/network.js';
import { announced, intentState, lifted, meetRouters, pinging, reach, SIBLING, tables, VICTIM, withdrawn } from '../system/routes.js';
import { Site } from '../system/site.js';
import { waitFor } from '../system/wait-for.js';

const missing = process.env['GUARDPOST_LAB_MISSING'] ?? '';
/** So long a switch is out of ONOS' reach. */
const AWAY_SECONDS = Number(process.env['GUARDPOST_SWITCH_AWAY_SECONDS'] ?? 15);
const PATIENCE = { seconds: 120, everyMs: 200 };
const ATTACKER = '198.51.100.77';
const ACTIVE = new Set(['active']);
const ATTACKER6 = '2001:db8:bad::77';

/** One mitigation by drop rules in every switch, one at the edge, and a withdrawn route intent, held against everything that happens. */
describe.skipIf(missing !== '')(`what is wanted is restored ${missing}`, () => {
  let lab: Lab;
  let site: Site;
  let api: Api;
  let noBgp: string | undefined;
  let held: MitigationDetail[];
  let inSwitches: string[];
  let inOnos: string[];

  beforeAll(async () => {
    lab = await Lab.attach(LAB_NAME);
    noBgp = await lab.bgpMissing();
    site = new Site(lab);
    api = await site.start();
    await calm(api, lab);
    if (noBgp === undefined) await lab.startBgp();
    else console.log(`without a withdrawn route: ${noBgp}`);
    await hold();
  }, 300_000);
  afterAll(async () => {
    await calm(api, lab);
    await site.stop();
    if (noBgp === undefined) await lab.stopBgp();
  });

  async function hold(): Promise<void> {
    const drop = { actions: ['drop-flow' as const], ttlSeconds: 7_200, reason: 'test' };
    await api.create({ ...drop, target: { prefix: ATTACKER }, scope: 'all' });
    await api.create({ ...drop, target: { prefix: ATTACKER6 }, scope: 'edge' });
    held = [await blocked(api, `${ATTACKER}/32`), await blocked(api, `${ATTACKER6}/128`)];
    if (noBgp === undefined) held.push(await withdrawn(api, VICTIM.prefix, { ttlSeconds: 7_200 }));
    inSwitches = await allDropRules(lab);
    inOnos = (await heldByOnos(lab)).rules;
  }

  const same = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((x, i) => x === b[i]);
  /** In the switches and in ONOS stands what stood before, no rule less and none more, and Guardpost knows it. */
  const dropsRestored = async (): Promise<boolean> =>
    same((await heldByOnos(lab)).rules, inOnos) &&
    same(await allDropRules(lab), inSwitches) &&
    (await Promise.all(held.map(({ id }) => api.mitigation(id)))).every((m) => m.state === 'active');
  /** The victim's intent is out, its sibling's in. */
  const routeRestored = async (): Promise<boolean> =>
    (await intentState(lab, VICTIM.prefix)) === undefined &&
    (await intentState(lab, SIBLING.prefix)) === 'INSTALLED' &&
    (await reach(lab, SIBLING, 1)) === 1;

  /** What was away and for how long; `settling` is what the lab does for its own part of the network once that is back. */
  type Back = { part: string; ms: number; settling: Promise<void> };
  async function after(what: string, strike: (began: number) => Promise<Back | void>): Promise<Set<string>> {
    const attacks: [string, LongPing][] = [['an attack', new LongPing(lab, 'gist1-h1', ATTACKER, 100)]];
    if (noBgp === undefined) attacks.push(['what goes to the withdrawn route', pinging(lab, VICTIM, 100)]);
    const began = performance.now();
    const back = await strike(began);
    const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
    const away = back === undefined ? '' : ` (of which ${back.part} was away ${seconds(back.ms)})`;
    await waitFor(`rules restored after ${what}`, dropsRestored, PATIENCE);
    console.log(`restored after ${what}: ${seconds(performance.now() - began)}${away}`);
    await back?.settling;
    if (noBgp === undefined) {
      await meetRouters(lab);
      await waitFor(`route restored after ${what}`, async () => (await routeRestored()) && (await dropsRestored()), PATIENCE);
      console.log(`withdrawn route restored after ${what}: ${seconds(performance.now() - began)}${away}`);
    }
    for (const [whose, attack] of attacks) {
      const { sent, received } = await attack.stop();
      if (received > 0) console.log(`meanwhile ${received} of ${sent} packets of ${whose} were answered`);
    }
    return settled();
  }

  /** Whatever comes late: nothing passes that should not, the others do, and nothing of ours is left over. Returns the states of what is held. */
  async function settled(): Promise<Set<string>> {
    expect(await ping(lab, 'gist1-h1', ATTACKER, 5)).toBe(0);
    expect(await ping(lab, 'koren-h1', ATTACKER6, 5)).toBe(0);
    expect(await ping(lab, 'gist1-h1', lab.gateway.benign.v4, 3)).toBe(3);
    if (noBgp === undefined) {
      expect(await reach(lab, VICTIM, 5)).toBe(0);
      // A switch that is away for longer than BGP's hold time costs sessions, and with them routes, for a while.
      await waitFor('the sibling', async () => (await reach(lab, SIBLING)) === 3, PATIENCE);
    }
    await waitFor('ONOS to have seen all of it', async () => (await heldByOnos(lab)).added, PATIENCE);
    expect(await allDropRules(lab)).toEqual(inSwitches);
    expect((await heldByOnos(lab)).rules).toEqual(inOnos);
    return new Set((await Promise.all(held.map(({ id }) => api.mitigation(id)))).map((m) => m.state));
  }

  const onosAnswers = async (): Promise<boolean> => {
    const { devices } = (await askOnos(lab, 'GET', '/devices')) as { devices: { available: boolean }[] };
    return devices.filter((d) => d.available).length === lab.boxes.length;
  };

  it('after ONOS was killed and started', async () => {
    const states = await after('ONOS kill -9', async (began) => {
      await lab.stopOnos('KILL');
      const settling = lab.startOnos();
      await waitFor('ONOS with its switches', onosAnswers, PATIENCE);
      return { part: 'ONOS', ms: performance.now() - began, settling };
    });
    expect(states).toEqual(ACTIVE);
  }, 300_000);

  it.each(['KILL', 'TERM'] as const)('after Open vSwitch was restarted by SIG%s', async (signal) => {
    const states = await after(`OVS SIG${signal}`, async (began) => {
      const settling = lab.restartSwitch('gist1', signal);
      await waitFor('ONOS to miss the switch', async () => !(await onosAnswers()), { seconds: 30, everyMs: 20 });
      await waitFor('the switch back', onosAnswers, { ...PATIENCE, everyMs: 50 });
      return { part: 'the switch', ms: performance.now() - began, settling };
    });
    expect(states).toEqual(ACTIVE);
  });

  it('after somebody deleted rules in a switch', async () => {
    const states = await after('ovs-ofctl del-flows', async () => {
      await ofctl(lab, 'gist1', 'del-flows', 'br-nd1', `ip,nw_dst=${ATTACKER}`);
      await ofctl(lab, 'koren', 'del-flows', 'br-nd3', `ipv6,ipv6_src=${ATTACKER6}`);
      if (noBgp === undefined) await ofctl(lab, 'gist2', 'del-flows', 'br-nd2', `ip,nw_dst=${VICTIM.prefix}`);
    });
    expect(states).toEqual(ACTIVE);
  });

  it('after somebody deleted one of our rules through ONOS', async () => {
    const rules = held.flatMap(({ placements }) => placements.filter((p) => p.device === lab.box('gist1').device).slice(0, 1));
    expect(rules).toHaveLength(held.length);
    const states = await after('DELETE /flows/:device/:id', async () => {
      for (const { device, flowId } of rules) await askOnos(lab, 'DELETE', `/flows/${device}/${flowId}`);
    });
    expect(states).toEqual(ACTIVE);
  });

  it('after somebody deleted all our rules through ONOS', async () => {
    const states = await after('DELETE /flows/application/org.guardpost', async () => {
      await askOnos(lab, 'DELETE', '/flows/application/org.guardpost');
    });
    expect(states).toEqual(ACTIVE);
  });

  it(`after a switch was out of ONOS' reach for ${AWAY_SECONDS} s, in which it lost a rule`, async () => {
    const states = await after(`a switch away for ${AWAY_SECONDS} s`, async (began) => {
      const giveBack = await takeAway(lab, 'gist1');
      try {
        await waitFor('ONOS to miss it', async () => !(await onosAnswers()), { seconds: 60 });
        await ofctl(lab, 'gist1', 'del-flows', 'br-nd1', `ip,nw_dst=${ATTACKER}`);
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, AWAY_SECONDS * 1_000 - (performance.now() - began))));
      } finally {
        await giveBack();
      }
      await waitFor('ONOS to have it back', onosAnswers, PATIENCE);
      return { part: 'the switch', ms: performance.now() - began, settling: lab.settle() };
    });
    expect(states).toEqual(ACTIVE);
  }, 300_000);

  it('leaves nothing behind when its ledger is lost, and no route dead', async () => {
    // ONOS leaves intents on the detours that they took while switches were away: what is normal is seen anew.
    await calm(api, lab);
    const plain = await tables(lab);
    await hold();
    const bystander = noBgp === undefined ? pinging(lab, SIBLING, 50) : undefined;
    await site.bridge().stop();
    for (const end of ['', '-wal', '-shm']) rmSync(`${site.files.ledger()}${end}`, { force: true });
    expect(await allDropRules(lab)).toEqual(inSwitches);
    if (noBgp === undefined) expect(await announced(lab)).toContain(VICTIM.prefix);
    const began = performance.now();
    site.bridge().start();
    await waitFor(
      'no rule of ours',
      async () => (await heldByOnos(lab)).rules.length === 0 && (await allDropRules(lab)).length === 0,
      PATIENCE,
    );
    await waitFor('the tables as they were', async () => same(await tables(lab), plain), { seconds: 30 }).catch(() => undefined);
    expect(await tables(lab)).toEqual(plain);
    console.log(`nothing left behind after an empty ledger: ${((performance.now() - began) / 1_000).toFixed(1)} s`);
    await waitFor('the bridge', () => api.ready(), { seconds: 60 });
    expect(await api.mitigations()).toEqual([]);
    expect(await ping(lab, 'gist1-h1', ATTACKER, 3)).toBe(3);
    if (bystander === undefined) return;
    expect(await intentState(lab, VICTIM.prefix)).toBe('INSTALLED');
    expect(await reach(lab, VICTIM)).toBe(3);
    const { sent, received } = await bystander.stop();
    expect(received).toBe(sent);
    // What came back is as good as it ever was.
    const again = await withdrawn(api, VICTIM.prefix);
    expect(await reach(lab, VICTIM, 2)).toBe(0);
    await lifted(api, again.id);
    expect(await tables(lab)).toEqual(plain);
  });
});
