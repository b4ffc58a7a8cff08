import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab } from '../lab/lab.js';
import type { Api } from '../system/api.js';
import { LAB_NAME } from '../system/global-setup.js';
import { LongPing, ping } from '../system/hosts.js';
import { blocked, calm, dropRules, until } from '../system/network.js';
import { Site } from '../system/site.js';
import { waitFor } from '../system/wait-for.js';

const missing = process.env['GUARDPOST_LAB_MISSING'] ?? '';
const TTL = 6;

describe.skipIf(missing !== '')(`tap-drop alone, while ONOS is down ${missing}`, () => {
  let lab: Lab;
  let site: Site;
  let api: Api;
  beforeAll(async () => {
    lab = await Lab.attach(LAB_NAME);
    site = new Site(lab, { actions: ['tap-drop'], ttlSeconds: [600, TTL], neverBlock: [] });
    api = await site.start();
    await calm(api, lab);
    await lab.stopOnos();
    await waitFor('a bridge that misses ONOS', async () => !(await api.ready()), { seconds: 30 });
  });
  afterAll(async () => {
    await lab.startOnos();
    await waitFor('a bridge that is ready', () => api.ready(), { seconds: 120 });
    await calm(api, lab);
    await site.stop();
  });

  it('stops the attacker in both directions, spares the others, and a lift gives it back', async () => {
    const attacker = '198.51.100.21';
    const bystander = new LongPing(lab, 'gist1-h2', '198.18.0.1');
    await api.addIndicators([{ prefix: attacker }, { prefix: '2001:db8:bad::21' }]);
    await until.watched(api);
    await ping(lab, 'gist1-h1', attacker, 1);
    await ping(lab, 'gist1-h1', '2001:db8:bad::21', 1);
    const m = await blocked(api, `${attacker}/32`);
    await blocked(api, '2001:db8:bad::21/128');
    expect(m.placements.map((p) => [p.action, p.box])).toEqual([['tap-drop', 'gist1']]);
    expect(await ping(lab, 'gist1-h1', attacker)).toBe(0);
    expect(await ping(lab, 'gist1-h1', '2001:db8:bad::21')).toBe(0);
    const back = await lab.exec('gw', ['ping', '-n', '-q', '-c', '3', '-i', '0.1', '-W', '1', '-I', attacker, '10.0.0.11']);
    expect(back.stdout).toMatch(/ 0 received/);
    await waitFor('drops counted in the kernel', async () => (await api.mitigation(m.id)).placements[0]!.packets >= 6);
    expect(await dropRules(lab, 'gist1')).toEqual([]); // no rule has a part in it

    await api.lift(m.id);
    await waitFor('the lift', async () => (await api.mitigation(m.id)).state === 'lifted');
    expect(await ping(lab, 'gist1-h1', attacker)).toBe(3);
    const { sent, received } = await bystander.stop();
    expect(received).toBe(sent);
  });

  it('goes on in the kernel when the tracer is killed, and ends there by itself', async () => {
    const attacker = '198.51.100.22';
    const m = await api.create({
      target: { prefix: attacker },
      actions: ['tap-drop'],
      ttlSeconds: TTL,
      reason: 'test',
      places: [{ box: 'gist1' }],
    });
    await blocked(api, `${attacker}/32`);
    await site.tracer('gist1').stop('SIGKILL');
    expect(await ping(lab, 'gist1-h1', attacker, 2)).toBe(0);
    await waitFor('traffic, with the tracer dead', async () => (await ping(lab, 'gist1-h1', attacker, 1)) === 1, { seconds: TTL + 10 });
    expect(site.tracer('gist1').pid).toBeUndefined();
    expect(Date.now() * 1_000).toBeGreaterThanOrEqual((await api.mitigation(m.id)).expiresAt);
    site.tracer('gist1').start();
    await waitFor('the lift', async () => (await api.mitigation(m.id)).state === 'lifted');
  });

  it('never drops ARP, neighbour discovery, ONOS, Redis or a BGP peer, even when they are listed', async () => {
    // 10.255.0.10 is ONOS and Redis: the bridge refuses it, and the tracer would not drop it either (kernel specs).
    await expect(api.create({ target: { prefix: '10.255.0.10' }, actions: ['tap-drop'], ttlSeconds: 60, reason: 'test' })).rejects.toThrow(
      /422/,
    );
    // The whole network of the hosts: addresses are still resolved, nothing else passes.
    await api.create({
      target: { prefix: '10.0.0.0/24' },
      actions: ['tap-drop'],
      ttlSeconds: 60,
      reason: 'test',
      places: [{ box: 'gist1' }],
    });
    const m = await blocked(api, '10.0.0.0/24');
    expect(await ping(lab, 'gist1-h1', '10.0.0.254', 2)).toBe(0);
    await api.lift(m.id);
    await waitFor('the lift', async () => (await api.mitigation(m.id)).state === 'lifted');
    expect(await ping(lab, 'gist1-h1', '10.0.0.254')).toBe(3);
  });
});
