import type { MitigationDetail, MitigationRequest } from '@guardpost/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Lab, type LabBox } from '../lab/lab.js';
import type { Api } from '../system/api.js';
import { LAB_NAME } from '../system/global-setup.js';
import { LongPing, ping, sendRaw } from '../system/hosts.js';
import { allDropRules, blocked, calm, liftAll, vsctl } from '../system/network.js';
import { Site } from '../system/site.js';
import { waitFor } from '../system/wait-for.js';

const missing = process.env['GUARDPOST_LAB_MISSING'] ?? '';
type TargetInput = MitigationRequest['target'];

/** Every shape that an indicator has, each with an address of its own inside, narrower ones after wider ones of the same family. */
const SHAPES: readonly { readonly target: TargetInput; readonly inside: string; readonly proto: number; readonly ovs: string }[] = [
  { target: { prefix: '198.19.1.0/24' }, inside: '198.19.1.7', proto: 17, ovs: 'ip' },
  { target: { prefix: '198.51.100.20' }, inside: '198.51.100.20', proto: 17, ovs: 'ip' },
  { target: { prefix: '198.19.2.0/24', proto: 6 }, inside: '198.19.2.7', proto: 6, ovs: 'tcp' },
  { target: { prefix: '198.19.3.0/24', proto: 6, port: 443 }, inside: '198.19.3.7', proto: 6, ovs: 'tcp' },
  { target: { prefix: '198.19.4.0/24', proto: 17, port: 53 }, inside: '198.19.4.7', proto: 17, ovs: 'udp' },
  { target: { prefix: '198.19.5.0/24', proto: 132, port: 3868 }, inside: '198.19.5.7', proto: 132, ovs: 'sctp' },
  { target: { prefix: '2001:db8:bad:0:1::/80' }, inside: '2001:db8:bad:0:1::7', proto: 17, ovs: 'ipv6' },
  { target: { prefix: '2001:db8:bad::20' }, inside: '2001:db8:bad::20', proto: 17, ovs: 'ipv6' },
  { target: { prefix: '2001:db8:bad:0:2::/80', proto: 17 }, inside: '2001:db8:bad:0:2::7', proto: 17, ovs: 'udp6' },
  { target: { prefix: '2001:db8:bad:0:3::/80', proto: 6, port: 443 }, inside: '2001:db8:bad:0:3::7', proto: 6, ovs: 'tcp6' },
  { target: { prefix: '2001:db8:bad:0:4::/80', proto: 17, port: 53 }, inside: '2001:db8:bad:0:4::7', proto: 17, ovs: 'udp6' },
  { target: { prefix: '2001:db8:bad:0:5::/80', proto: 132, port: 3868 }, inside: '2001:db8:bad:0:5::7', proto: 132, ovs: 'sctp6' },
];
const ATTACKER = '198.51.100.30';

describe.skipIf(missing !== '')(`drop rules go where the scope says ${missing}`, () => {
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

  type Place = { box: LabBox; port?: number };
  const all = (): Place[] => lab.boxes.map((box) => ({ box }));
  const edge = (): Place[] => lab.boxes.flatMap((box) => box.ports.filter((p) => p.kind === 'ns').map((p) => ({ box, port: p.ofport })));

  /** The two rules of a target at one place, as Open vSwitch prints them. */
  function rulesAt({ box, port }: Place, { target, ovs }: (typeof SHAPES)[number], priority: number): string[] {
    const family = target.prefix.includes(':') ? 'ipv6' : 'nw';
    return (['src', 'dst'] as const).map((side) => {
      const words = [ovs, ...(port === undefined ? [] : [`in_port=${port}`]), `${family}_${side}=${target.prefix}`];
      if (target.port !== undefined) words.push(`tp_${side}=${target.port}`);
      return `${box.id} ${priority} ${words.join(',')}`;
    });
  }
  const drop = (target: TargetInput, more: Partial<MitigationRequest>): Promise<MitigationDetail> =>
    api.create({ target, actions: ['drop-flow'], ttlSeconds: 600, reason: 'test', ...more });
  const active = (id: string): Promise<MitigationDetail> =>
    waitFor(`${id} active`, async () => {
      const m = await api.mitigation(id);
      return m.state === 'active' && m;
    });

  describe.each([
    ['nearest', { places: [{ box: 'gist1' }] }, () => all().filter(({ box }) => box.id === 'gist1')],
    ['edge', { scope: 'edge' }, edge],
    ['all', { scope: 'all' }, all],
  ] as const)('%s', (scope, request, places) => {
    it('every shape of a target, in both families: the rules, their priorities, and what they dropped', async () => {
      const made = await Promise.all(
        SHAPES.map(async (shape) => ({ shape, id: (await drop(shape.target, request as Partial<MitigationRequest>)).id })),
      );
      const held = await Promise.all(made.map(async ({ shape, id }) => ({ shape, m: await active(id) })));
      const wanted = held.flatMap(({ shape, m }) => places().flatMap((place) => rulesAt(place, shape, m.placements[0]?.priority ?? 0)));
      expect(await allDropRules(lab)).toEqual(wanted.sort());
      for (const { m } of held) {
        expect(m.scope).toBe(scope);
        expect(new Set(m.placements.map((p) => p.priority)).size).toBe(1);
        expect(m.placements[0]?.priority).toBeGreaterThanOrEqual(741);
        expect(m.placements[0]?.priority).toBeLessThanOrEqual(998); // guards have the highest of the band to themselves
        // All in one request: what goes in one has one time.
        expect(new Set(m.placements.map((p) => p.acceptedAt)).size).toBe(1);
      }
      for (const [wide, narrow] of [
        [0, 1],
        [1, 2],
        [2, 3],
        [6, 7],
        [7, 8],
        [8, 9],
      ] as const)
        expect(held[wide]!.m.placements[0]!.priority).toBeLessThan(held[narrow]!.m.placements[0]!.priority!);

      for (const { inside, proto, target } of SHAPES) {
        const v6 = inside.includes(':');
        const port = target.port ?? 4_000;
        await sendRaw(lab, 'gist1-h1', { to: inside, proto, dport: port });
        const victim = lab.host('gist1-h1');
        await sendRaw(lab, 'gw', { from: inside, to: v6 ? victim.v6 : victim.v4, proto, sport: port });
        if (target.port !== undefined) expect(await ping(lab, 'gist1-h1', inside, 1), `${inside} but for its port`).toBe(1);
      }
      const [host, gateway] = [lab.host('gist1-h1').port, lab.gateway.port];
      for (const { shape, m } of held)
        await waitFor(`what the rules of ${shape.target.prefix} dropped`, async () => {
          const { placements } = await api.mitigation(m.id);
          const counted = (side: 'from' | 'to', port: number): number =>
            placements.find((p) => p.device === 'of:0000000000000001' && p.side === side && [null, String(port)].includes(p.inPort))
              ?.packets ?? 0;
          return counted('to', host) >= 3 && counted('from', gateway) >= 3;
        });
    });
  });

  it('of rules that fit the same packet the narrower one counts it', async () => {
    const targets: TargetInput[] = [
      { prefix: '198.51.100.0/24' },
      { prefix: ATTACKER },
      { prefix: '198.51.100.0/24', proto: 17 },
      { prefix: ATTACKER, proto: 17 },
      { prefix: '198.51.100.0/24', proto: 17, port: 53 },
      { prefix: ATTACKER, proto: 17, port: 53 },
    ];
    const packets = (m: MitigationDetail): number => m.placements.reduce((sum, p) => sum + p.packets, 0);
    let before: MitigationDetail | undefined;
    for (const target of targets) {
      const m = await active((await drop(target, { places: [{ box: 'gist1', device: 'of:0000000000000001', inPort: '11' }] })).id);
      await sendRaw(lab, 'gist1-h1', { to: ATTACKER, proto: 17, dport: 53 });
      await waitFor('its packets', async () => packets(await api.mitigation(m.id)) === 3);
      if (before !== undefined) expect(packets(await api.mitigation(before.id))).toBe(3);
      before = m;
    }
  });

  it('changed from nearest to edge to all: nothing passes meanwhile, and the old rules are gone', async () => {
    const { id } = await drop({ prefix: ATTACKER }, { places: [{ box: 'gist1' }] });
    await active(id);
    const shape = { target: { prefix: ATTACKER }, inside: ATTACKER, proto: 17, ovs: 'ip' };
    const attacks = [
      new LongPing(lab, 'gist1-h1', ATTACKER, 20),
      new LongPing(lab, 'koren-h1', ATTACKER, 20),
      new LongPing(lab, 'gw', lab.host('gist1-h2').v4, 20, ATTACKER),
    ];
    const bystander = new LongPing(lab, 'gist1-h2', lab.gateway.benign.v4, 50);
    for (const [scope, places] of [
      ['edge', edge()],
      ['all', all()],
      ['edge', edge()],
      ['all', all()],
    ] as const) {
      await api.rescope(id, scope);
      const wanted = places.flatMap((place) => rulesAt(place, shape, 830)).sort();
      await waitFor(`the rules of ${scope} and no others`, async () => (await allDropRules(lab)).join() === wanted.join());
      const m = await active(id);
      expect(m.scope).toBe(scope);
      expect(m.placements.filter((p) => p.state === 'confirmed')).toHaveLength(wanted.length);
      await waitFor('the others lifted', async () =>
        (await api.mitigation(id)).placements.every((p) => p.state === 'confirmed' || p.state === 'lifted'),
      );
    }
    // Faster than any switch follows.
    for (const scope of ['edge', 'all', 'edge', 'all', 'edge'] as const) await api.rescope(id, scope);
    const wanted = edge()
      .flatMap((place) => rulesAt(place, shape, 830))
      .sort();
    await waitFor('the rules of the last', async () => (await allDropRules(lab)).join() === wanted.join());
    await active(id);
    for (const attack of attacks) {
      const { sent, received } = await attack.stop();
      expect(sent).toBeGreaterThan(20);
      expect(received).toBe(0);
    }
    const other = await bystander.stop();
    expect(other.received).toBe(other.sent);
  });

  it('a port that comes later gets the rules of the edge', async () => {
    const { id } = await drop({ prefix: ATTACKER }, { scope: 'edge' });
    const before = (await active(id)).placements.length;
    await vsctl(lab, 'skku', 'add-port', 'br-nd4', 'late0', '--', 'set', 'interface', 'late0', 'type=internal', 'ofport_request=42');
    try {
      const m = await waitFor(
        'rules at the new port',
        async () => {
          const now = await api.mitigation(id);
          return now.state === 'active' && now.placements.length === before + 2 && now;
        },
        { seconds: 30 },
      );
      expect(m.placements.filter((p) => p.inPort === '42').map((p) => p.device)).toEqual(['of:0000000000000004', 'of:0000000000000004']);
      expect((await allDropRules(lab)).filter((r) => r.includes('in_port=42'))).toEqual([
        `skku 830 ip,in_port=42,nw_dst=${ATTACKER}`,
        `skku 830 ip,in_port=42,nw_src=${ATTACKER}`,
      ]);
    } finally {
      await liftAll(api);
      await vsctl(lab, 'skku', 'del-port', 'br-nd4', 'late0');
    }
    await waitFor('the port gone from the inventory', async () => {
      const { data } = await api.http.get<{ items: { port: string }[] }>('/api/v1/devices/of:0000000000000004/ports');
      return data.items.every(({ port }) => port !== '42');
    });
  });

  it('a detection of what is blocked everywhere asks for no more', async () => {
    await api.addIndicators([{ prefix: ATTACKER }]);
    const m = await drop({ prefix: ATTACKER }, { scope: 'all' });
    await active(m.id);
    const attack = new LongPing(lab, 'skku-h1', ATTACKER, 20);
    await waitFor('the detection', async () => (await api.detections()).some((d) => d.detection.flow.remote === ATTACKER));
    await attack.stop();
    expect((await blocked(api, `${ATTACKER}/32`)).placements).toHaveLength(lab.boxes.length * 2); // it asks for no more
  });
});
