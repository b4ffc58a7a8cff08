import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Lab } from '../lab/lab.js';
import type { Api } from '../system/api.js';
import { LAB_NAME } from '../system/global-setup.js';
import { LongPing, ping, sendUdp } from '../system/hosts.js';
import { askOnos, blocked, calm, dropRules, liftAll, ofctl, until } from '../system/network.js';
import { Site } from '../system/site.js';
import { waitFor } from '../system/wait-for.js';

const missing = process.env['GUARDPOST_LAB_MISSING'] ?? '';

describe.skipIf(missing !== '')(`a malicious packet on a box becomes a drop rule ${missing}`, () => {
  let lab: Lab;
  let site: Site;
  let api: Api;
  beforeAll(async () => {
    lab = await Lab.attach(LAB_NAME);
    site = new Site(lab);
    api = await site.start();
    await calm(api, lab);
  });
  afterEach(() => calm(api, lab));
  afterAll(() => site.stop());

  it('at the right bridge and port, both directions, while others go on; a lift gives it back', async () => {
    const attacker = '198.51.100.7';
    expect(await ping(lab, 'gist1-h1', attacker)).toBe(3);
    const bystander = new LongPing(lab, 'gist1-h2', '198.18.0.1');
    await api.addIndicators([{ prefix: attacker }]);
    await until.watched(api);
    const attack = new LongPing(lab, 'gist1-h1', attacker);
    const mitigation = await waitFor('an active mitigation', async () => {
      const m = await api.mitigationOf(`${attacker}/32`);
      return m?.state === 'active' && m;
    });
    expect(await ping(lab, 'gist1-h1', attacker, 3)).toBe(0);

    const rules = await dropRules(lab, 'gist1');
    expect(rules.map((r) => r.match).sort()).toEqual([`ip,in_port=11,nw_dst=${attacker}`, `ip,nw_src=${attacker}`]);
    expect(rules.every((r) => r.priority === 830)).toBe(true); // a whole address of IPv4
    const flowIds = mitigation.placements.map((p) => p.flowId).sort();
    expect(flowIds).toEqual(rules.map((r) => r.cookie.toString()).sort());

    const { trace } = await api.mitigation(mitigation.id);
    const times = [trace.firstPacket, trace.queued, trace.received, trace.decided, trace.accepted, trace.confirmed].map((p) => p.at);
    expect(times.every((at) => at !== null)).toBe(true);
    // The event of the switch may be here before the answer of ONOS; everything else comes in this order.
    for (const [earlier, later] of [
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
      [3, 5],
    ] as const)
      expect(times[earlier]!).toBeLessThanOrEqual(times[later]!);
    await waitFor('the first drop counted in the switch', async () => (await api.mitigation(mitigation.id)).trace.firstHit.at !== null);

    const { sent, received } = await attack.stop();
    expect(received).toBeLessThan(sent);
    await api.lift(mitigation.id, { muteSeconds: 10 });
    await waitFor('the lift', async () => (await api.mitigation(mitigation.id)).state === 'lifted');
    expect(await dropRules(lab, 'gist1')).toEqual([]);
    expect(await ping(lab, 'gist1-h1', attacker)).toBe(3);
    const other = await bystander.stop();
    expect(other.sent).toBeGreaterThan(10);
    expect(other.received).toBe(other.sent);
  });

  it('stops what comes from the remote as well, met as a source', async () => {
    await api.addIndicators([{ prefix: '198.51.100.8' }]);
    await until.watched(api);
    // The gateway speaks first, from the listed address.
    const before = await lab.exec('gw', ['ping', '-n', '-q', '-c', '20', '-i', '0.1', '-W', '1', '-I', '198.51.100.8', '10.0.0.12']);
    expect(before.stdout).toMatch(/20 packets transmitted/);
    const m = await blocked(api, '198.51.100.8/32');
    const matches = (await dropRules(lab, 'gist1')).map((r) => r.match).sort();
    expect(matches).toEqual(['ip,in_port=5,nw_src=198.51.100.8', 'ip,nw_dst=198.51.100.8']);
    expect(m.placements).toHaveLength(2);
    const after = await lab.exec('gw', ['ping', '-n', '-q', '-c', '3', '-i', '0.1', '-W', '1', '-I', '198.51.100.8', '10.0.0.12']);
    expect(after.stdout).toMatch(/ 0 received/);
  });

  it('in IPv6, by a prefix that covers it', async () => {
    await api.addIndicators([{ prefix: '2001:db8:bad::/48' }]);
    await until.watched(api);
    const attack = new LongPing(lab, 'gist2-h1', '2001:db8:bad::7');
    await blocked(api, '2001:db8:bad::7/128');
    expect((await dropRules(lab, 'gist2')).map((r) => r.match).sort()).toEqual([
      'ipv6,in_port=6,ipv6_dst=2001:db8:bad::7',
      'ipv6,ipv6_src=2001:db8:bad::7',
    ]);
    expect(await ping(lab, 'gist2-h1', '2001:db8:bad::7')).toBe(0);
    expect(await ping(lab, 'gist2-h2', '2001:db8:bad::8', 3)).toBeGreaterThan(0); // before its own detection takes effect
    await attack.stop();
  });

  it('inside a VXLAN that ends in Open vSwitch: the rule names the tunnel port', async () => {
    await site.tracer('koren').stop(); // only gist1, at the far end of the tunnel, can see it
    try {
      await api.addIndicators([{ prefix: '198.51.100.9' }]);
      await until.watched(api, ['gist1']);
      const attack = new LongPing(lab, 'koren-h1', '198.51.100.9');
      await blocked(api, '198.51.100.9/32');
      const inside = await waitFor('the packet as it was met inside the tunnel', async () => {
        const found = (await api.detections()).find((d) => d.detection.flow.remote === '198.51.100.9');
        return found?.detection.seen.some((x) => x.interface === 'eth1') && found.detection;
      });
      const met = inside.seen.find((x) => x.interface === 'eth1');
      expect(met).toMatchObject({ direction: 'ingress', device: 'of:0000000000000001', port: '7' });
      expect(met?.vni).not.toBeNull();
      // Open vSwitch has a packet before tc has: now and then it is met leaving before it is met entering, and that gives no port.
      const to = inside.seen[0]?.interface === 'eth1' ? 'ip,in_port=7,nw_dst=198.51.100.9' : 'ip,nw_dst=198.51.100.9';
      expect((await dropRules(lab, 'gist1')).map((r) => r.match).sort()).toEqual([to, 'ip,nw_src=198.51.100.9']);
      expect(await ping(lab, 'koren-h1', '198.51.100.9')).toBe(0);
      await attack.stop();
    } finally {
      site.tracer('koren').start();
    }
  });

  it('an indicator with a port matches that port alone, and whole: 256 + 80 is not 80', async () => {
    await api.addIndicators([{ prefix: '198.51.100.10', proto: 17, port: 80 }]);
    await until.watched(api);
    await sendUdp(lab, 'skku-h1', '198.51.100.10', 336);
    await sendUdp(lab, 'skku-h1', '198.51.100.10', 81);
    await sendUdp(lab, 'skku-h1', '198.51.100.10', 80);
    await blocked(api, '198.51.100.10/32');
    const ports = (await api.detections())
      .filter((d) => d.detection.flow.remote === '198.51.100.10')
      .map((d) => d.detection.flow.remotePort);
    expect(new Set(ports)).toEqual(new Set([80])); // the box where it entered and the one where it left
    expect((await dropRules(lab, 'skku')).map((r) => r.match).sort()).toEqual([
      'udp,in_port=6,nw_dst=198.51.100.10,tp_dst=80',
      'udp,nw_src=198.51.100.10,tp_src=80',
    ]);
    expect(await ping(lab, 'skku-h1', '198.51.100.10')).toBe(3);
  });

  it('a longer entry with a port does not hide the shorter one', async () => {
    await api.addIndicators([{ prefix: '198.51.100.0/24' }, { prefix: '198.51.100.11', proto: 17, port: 80 }]);
    await until.watched(api);
    await sendUdp(lab, 'koren-h2', '198.51.100.11', 443);
    const m = await blocked(api, '198.51.100.11/32');
    expect(m.target).toEqual({ prefix: '198.51.100.11/32', proto: null, port: null });
  });

  it('is put back when somebody takes the rules out of ONOS or out of the switch', async () => {
    await api.addIndicators([{ prefix: '198.51.100.12' }]);
    await until.watched(api);
    const attack = new LongPing(lab, 'gist1-h1', '198.51.100.12');
    const m = await blocked(api, '198.51.100.12/32');
    const [first] = m.placements;
    await askOnos(lab, 'DELETE', `/flows/${first!.device}/${first!.flowId}`);
    const drifted = await waitFor('drift, mended', async () => {
      const now = await api.mitigation(m.id);
      return now.state === 'active' && now.placements.some((p) => p.drifts > 0) && now;
    });
    expect(drifted.transitions.map((x) => x.to)).toContain('out_of_sync');
    await ofctl(lab, 'gist1', 'del-flows', 'br-nd1', 'ip,nw_src=198.51.100.12');
    await waitFor('two rules again', async () => (await dropRules(lab, 'gist1')).length === 2);
    expect(await ping(lab, 'gist1-h1', '198.51.100.12')).toBe(0);
    await attack.stop();
  });

  it('ends when its time is over', async () => {
    await api.create({
      target: { prefix: '198.51.100.13' },
      actions: ['drop-flow'],
      ttlSeconds: 2,
      reason: 'test',
      places: [{ box: 'gist1' }],
    });
    await blocked(api, '198.51.100.13/32');
    expect(await ping(lab, 'gist1-h1', '198.51.100.13', 2)).toBe(0);
    const ended = await waitFor('the end', async () => {
      const m = await api.mitigationOf('198.51.100.13/32');
      return m?.state === 'lifted' && m;
    });
    expect(ended.transitions.at(-2)).toMatchObject({ to: 'lifting', who: 'expiry' });
    expect(await ping(lab, 'gist1-h1', '198.51.100.13')).toBe(3);
  });

  it('shows the network as ONOS knows it, with what is ours in it', async () => {
    const get = async <A>(path: string): Promise<A> => (await api.http.get<A>(`/api/v1${path}`)).data;
    interface Rows {
      version: number;
      total: number;
      items: Record<string, unknown>[];
    }
    const devices = await waitFor('the inventory', async () => {
      const rows = await get<Rows>('/devices');
      return rows.total === 4 && rows;
    });
    expect(devices.items.map((d) => [d['id'], d['box'], d['available']])).toContainEqual(['of:0000000000000001', 'gist1', true]);
    const ports = await get<Rows>('/devices/of:0000000000000001/ports?q=host1.1');
    expect(ports.items).toMatchObject([{ port: '11', name: 'host1.1', enabled: true, box: 'gist1' }]);
    expect((await get<Rows>('/hosts?q=10.0.0.31')).total).toBe(1);
    expect((await get<Rows>('/links')).total).toBeGreaterThanOrEqual(10);
    const [intent] = (await get<Rows>('/intents?app=org.onosproject.cli&q=installed&limit=1')).items;
    const detail = await get<{ rules: unknown[] }>(`/intents/org.onosproject.cli/${encodeURIComponent(String(intent?.['key']))}`);
    expect(detail.rules.length).toBeGreaterThan(0);
    await api.create({
      target: { prefix: '198.51.100.14' },
      actions: ['drop-flow'],
      ttlSeconds: 60,
      reason: 'test',
      places: [{ box: 'skku' }],
    });
    await waitFor('our rules in the inventory', async () => (await get<Rows>('/flows?app=org.guardpost&q=198.51.100.14')).total === 2);
    const changes = await get<{ flows: { ours: boolean }[] }>(`/inventory/changes?since=${devices.version}`);
    expect(changes.flows.filter((f) => f.ours)).toHaveLength(2);
  });

  it('removes rules under its name in ONOS that no mitigation wants', async () => {
    const stray = {
      priority: 800,
      isPermanent: true,
      timeout: 0,
      deviceId: 'of:0000000000000002',
      selector: {
        criteria: [
          { type: 'ETH_TYPE', ethType: '0x0800' },
          { type: 'IPV4_DST', ip: '192.0.2.1/32' },
        ],
      },
      treatment: {},
    };
    await askOnos(lab, 'POST', '/flows/of:0000000000000002?appId=org.guardpost', stray);
    await waitFor('the stray rule in the switch', async () => (await dropRules(lab, 'gist2')).length === 1);
    await waitFor('the stray rule gone', async () => (await dropRules(lab, 'gist2')).length === 0);
    await liftAll(api);
  });
});
