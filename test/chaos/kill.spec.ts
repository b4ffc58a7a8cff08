import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab } from '../lab/lab.js';
import type { Api } from '../system/api.js';
import { LAB_NAME } from '../system/global-setup.js';
import { LongPing, ping } from '../system/hosts.js';
import { calm, dropRules, until } from '../system/network.js';
import { Site } from '../system/site.js';
import { waitFor } from '../system/wait-for.js';

const missing = process.env['GUARDPOST_LAB_MISSING'] ?? '';
const ROUNDS = Number(process.env['GUARDPOST_CHAOS_ROUNDS'] ?? 50);
const VICTIMS = ['bridge', 'tracer', 'redis'] as const;
/** Linear congruential, so that a round that fails can be run again: the seed is in the name of the test. */
const SEED = Number(process.env['GUARDPOST_CHAOS_SEED'] ?? 1);

describe.skipIf(missing !== '')(`kill -9 at random instants of an attack (seed ${SEED}) ${missing}`, () => {
  let lab: Lab;
  let site: Site;
  let api: Api;
  let random = SEED;
  const chance = (): number => (random = (random * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;

  beforeAll(async () => {
    lab = await Lab.attach(LAB_NAME);
    site = new Site(lab);
    api = await site.start();
    await calm(api, lab);
    await api.addIndicators([{ prefix: '198.51.100.0/24' }]);
    await until.watched(api);
  });
  afterAll(async () => {
    await calm(api, lab);
    await site.stop();
  });

  const kill = {
    bridge: async () => {
      await site.bridge().stop('SIGKILL');
      site.bridge().start();
    },
    tracer: async () => {
      await site.tracer('gist1').stop('SIGKILL');
      site.tracer('gist1').start();
    },
    redis: async () => {
      await lab.killRedis('KILL');
      await lab.startRedis();
    },
  };

  /** One attack, one kill somewhere in it: afterwards there is one mitigation and one set of rules, in ledger and switch. */
  async function round(attacker: string, victim: (typeof VICTIMS)[number]): Promise<void> {
    const attack = new LongPing(lab, 'gist1-h1', attacker, 20);
    await new Promise((resolve) => setTimeout(resolve, chance() * 60)); // the time to mitigate is of this size
    await kill[victim]();
    const m = await waitFor(
      `${attacker} blocked after the kill of ${victim}`,
      async () => {
        const found = (await api.mitigations('&live=true')).filter((x) => x.target.prefix === `${attacker}/32`);
        expect(found.length).toBeLessThan(2);
        return found[0]?.state === 'active' && api.mitigation(found[0].id);
      },
      { seconds: 60 },
    );
    expect(await ping(lab, 'gist1-h1', attacker, 2)).toBe(0);
    await attack.stop();
    const rules = (await dropRules(lab, 'gist1')).map((r) => r.match).sort();
    expect(rules).toEqual([`ip,in_port=11,nw_dst=${attacker}`, `ip,nw_src=${attacker}`]);
    expect(m.placements.map((p) => p.state)).toEqual(['confirmed', 'confirmed']);
    await api.lift(m.id, { muteSeconds: 1 });
    await waitFor('the lift', async () => (await dropRules(lab, 'gist1')).length === 0);
    await waitFor('its state', async () => (await api.mitigation(m.id)).state === 'lifted');
  }

  it(`${ROUNDS} times: one mitigation, one set of rules, no orphan`, async () => {
    for (let i = 0; i < ROUNDS; i++) await round(`198.51.100.${100 + i}`, VICTIMS[i % VICTIMS.length]!);
    expect(await api.mitigations('&live=true')).toEqual([]);
  });

  it('no detection is lost without being counted', async () => {
    // Every number of every run of the tracer came; what did not is counted as lost, and there is none.
    const box = await waitFor('an empty outbox', async () => {
      const found = (await api.boxes()).find((b) => b.id === 'gist1');
      return found?.heartbeat?.unacknowledged === 0 && found;
    });
    expect(box.lost).toBe(0);
    const remotes = new Set((await api.detections()).map((d) => d.detection.flow.remote));
    for (let i = 0; i < ROUNDS; i++) expect(remotes).toContain(`198.51.100.${100 + i}`);
  });

  it('two bridges, one of them killed again and again: the same', async () => {
    site.bridge('bridge-2').start();
    const second = await site.api('bridge-2');
    await waitFor('the second bridge', () => second.ready(), { seconds: 60 });
    try {
      for (let i = 0; i < 4; i++) {
        const attacker = `198.51.100.${200 + i}`;
        const attack = new LongPing(lab, 'gist1-h1', attacker, 20);
        await new Promise((resolve) => setTimeout(resolve, chance() * 60));
        const name = i % 2 === 0 ? 'bridge-1' : 'bridge-2';
        await site.bridge(name).stop('SIGKILL');
        const other = await site.api(name === 'bridge-1' ? 'bridge-2' : 'bridge-1');
        await waitFor(
          `${attacker} blocked by the other bridge`,
          async () => {
            const found = (await other.mitigations('&live=true')).filter((x) => x.target.prefix === `${attacker}/32`);
            expect(found.length).toBeLessThan(2);
            return found[0]?.state === 'active';
          },
          { seconds: 60 },
        );
        expect((await dropRules(lab, 'gist1')).filter((r) => r.match.includes(`${attacker}`))).toHaveLength(2);
        await attack.stop();
        site.bridge(name).start();
        const revived = await site.api(name);
        await waitFor('both bridges', () => revived.ready(), { seconds: 60 });
      }
      const keys = (await api.mitigations('&live=true')).map((m) => m.target.prefix);
      expect(new Set(keys).size).toBe(keys.length);
    } finally {
      await site.bridge('bridge-2').stop();
    }
  });
});
