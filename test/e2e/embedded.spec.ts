import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab } from '../lab/lab.js';
import type { Api } from '../system/api.js';
import { boxesMissing } from '../system/available.js';
import { forgetTaps } from '../system/forget-taps.js';
import { LongPing, ping } from '../system/hosts.js';
import { askOnos, blocked, dropRules, until } from '../system/network.js';
import { Site } from '../system/site.js';
import { waitFor } from '../system/wait-for.js';

const missing = boxesMissing() ?? '';
const NAME = `${process.env['GUARDPOST_TEST_LAB'] ?? 'gpt'}emb`.slice(0, 6);

/** What a newcomer without an ONOS gets: the same two jobs, on the stand-in that programs the same switches. */
describe.skipIf(missing !== '')(`with the embedded ONOS ${missing}`, () => {
  let lab: Lab;
  let site: Site;
  let api: Api;
  beforeAll(async () => {
    forgetTaps(NAME);
    lab = await Lab.up({ name: NAME, onos: 'embedded' });
    site = new Site(lab);
    api = await site.start();
  });
  afterAll(async () => {
    await LongPing.stopAll();
    await site?.stop();
    await lab?.down();
    forgetTaps(NAME);
  });

  it('a malicious packet becomes a drop rule where it entered, and the lift takes it away', async () => {
    const attacker = '198.51.100.7';
    await api.addIndicators([{ prefix: attacker }]);
    await until.watched(api);
    const attack = new LongPing(lab, 'gist1-h1', attacker);
    const m = await blocked(api, `${attacker}/32`);
    expect(await ping(lab, 'gist1-h1', attacker, 2)).toBe(0);
    expect((await dropRules(lab, 'gist1')).map((r) => r.match).sort()).toEqual([
      `ip,in_port=11,nw_dst=${attacker}`,
      `ip,nw_src=${attacker}`,
    ]);
    await attack.stop();
    await api.lift(m.id, { muteSeconds: 60 });
    await waitFor('the lift', async () => (await api.mitigation(m.id)).state === 'lifted');
    expect(await dropRules(lab, 'gist1')).toEqual([]);
  });

  it('a route intent is withdrawn with its sibling kept whole, held, and given back with equal tables', async () => {
    const [victim, sibling] = ['203.0.113.0/24', '203.0.114.0/24'];
    const device = (n: number): string => lab.box(n).device;
    const port = (n: number): string => `/network/configuration/ports/${encodeURIComponent(`${device(n)}/21`)}`;
    const routes = (method: string, prefix: string): Promise<Response> =>
      fetch(`${lab.onosUrl}/onos/routeservice/routes`, {
        method,
        headers: { authorization: `Basic ${Buffer.from('onos:rocks').toString('base64')}`, 'content-type': 'application/json' },
        body: JSON.stringify({ type: 'STATIC', prefix, nextHop: '192.168.1.2' }),
      });
    await askOnos(lab, 'POST', '/network/configuration', {
      hosts: { '02:00:00:00:01:01/None': { basic: { ips: ['192.168.1.2'], locations: [`${device(1)}/21`] } } },
    });
    for (const n of [1, 2, 3])
      await askOnos(lab, 'POST', port(n), { interfaces: [{ name: `peer${n}`, ips: [`192.168.${n}.1/24`], mac: '02:00:00:00:02:01' }] });
    for (const prefix of [victim, sibling]) expect((await routes('POST', prefix)).ok).toBe(true);
    const tables = async (): Promise<string[]> =>
      (
        await Promise.all(
          lab.boxes.map(async (b) =>
            (await lab.flows(b)).filter((f) => f.priority > 100).map((f) => `${b.id} ${f.priority} ${f.match} ${f.actions}`),
          ),
        )
      )
        .flat()
        .sort();
    await waitFor('the routes in the switches', async () => (await tables()).filter((line) => line.includes(' 220 ')).length === 6);
    const before = await tables();

    const made = await api.create({ target: { prefix: victim }, actions: ['withdraw-intent'], ttlSeconds: 600, reason: 'test' });
    const m = await waitFor('the withdrawal', async () => {
      const now = await api.mitigation(made.id);
      return now.state === 'active' && now;
    });
    expect(m.placements.find((p) => p.role === 'intent')?.intent?.siblings).toEqual([sibling]);
    const held = await tables();
    expect(held.filter((line) => line.includes(`nw_dst=${victim}`))).toHaveLength(4); // guards only
    expect(held.filter((line) => / 219 .*dl_dst=/.test(line))).toHaveLength(2); // the sibling's way out

    await routes('DELETE', victim);
    await waitFor('the route gone', async () => (await tables()).length > 0);
    await routes('POST', victim);
    await waitFor('its return mended', async () => {
      const now = await api.mitigation(made.id);
      return now.state === 'active' && (now.placements.find((p) => p.role === 'intent')?.drifts ?? 0) > 0;
    });
    await api.lift(made.id, { muteSeconds: 0 });
    await waitFor('the lift', async () => (await api.mitigation(made.id)).state === 'lifted');
    await waitFor('the tables as before', async () => JSON.stringify(await tables()) === JSON.stringify(before));
    expect(await tables()).toEqual(before);
  });
});
