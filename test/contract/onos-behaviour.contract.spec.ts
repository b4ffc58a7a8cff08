import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab, type LabFlow } from '../lab/lab.js';
import { run } from '../lab/run.js';
import { OnosSite } from './recorded/onos-site.js';

/** What ONOS does to the switches, and when: seen on a running one, told in test/lab/onos-emulator/README.md, asked of both here. */
const APP = 'org.guardpost.behaviour';
const SDNIP = 'org.onosproject.sdnip';
const CORE = 'org.onosproject.core';
const device = (n: number): string => `of:${n.toString(16).padStart(16, '0')}`;
const sharedLab =
  process.env['ONOS_URLS'] === undefined ? undefined : await Lab.attach(process.env['GUARDPOST_TEST_LAB'] ?? 'gpt').catch(() => undefined);
const real = sharedLab !== undefined && sharedLab.description.onosMode !== 'embedded';

suite(
  'the embedded ONOS',
  true,
  () => Lab.up({ name: 'gpe', onos: 'embedded' }),
  (lab) => lab.down(),
);
suite(
  real ? 'a real ONOS' : 'a real ONOS (skipped: no ONOS_URLS, or they name the embedded one)',
  real,
  () => Promise.resolve(sharedLab!),
  () => Promise.resolve(),
);

interface Rule {
  readonly id: string;
  readonly deviceId: string;
  readonly state: string;
  readonly selector: { readonly criteria: readonly { readonly type: string }[] };
}

function suite(title: string, runs: boolean, up: () => Promise<Lab>, down: (lab: Lab) => Promise<void>): void {
  describe.runIf(runs)(`${title}`, () => {
    let site: OnosSite;
    beforeAll(async () => {
      site = new OnosSite(await up());
    });
    afterAll(async () => {
      await down(site.lab);
    });

    const drop = (address: string, rest: object = {}): object => ({
      priority: 803,
      isPermanent: true,
      timeout: 0,
      selector: {
        criteria: [
          { type: 'ETH_TYPE', ethType: '0x0800' },
          { type: 'IPV4_SRC', ip: `${address}/32` },
        ],
      },
      ...rest,
    });
    const post = async (n: number, rule: object, app = APP): Promise<string> =>
      (await site.tell('POST', `/onos/v1/flows/${device(n)}?appId=${app}`, rule)).location?.split('/').at(-1) ?? '';
    const cookie = (id: string): string => `0x${BigInt(id).toString(16)}`;
    const flows = (n: number): Promise<LabFlow[]> => site.lab.flows(site.lab.box(n));
    const inSwitch = async (n: number, id: string): Promise<boolean> => (await flows(n)).some((flow) => flow.cookie === BigInt(id));
    const listed = async (path: string): Promise<Rule[]> => ((await site.get(`/onos/v1/flows/${path}`)) as { flows: Rule[] }).flows;
    const ofctl = (n: number, command: string, ...args: string[]): Promise<unknown> => {
      const { rundir, bridge } = site.lab.box(n);
      return run(['ovs-ofctl', '-O', 'OpenFlow13', command, `unix:${rundir}/${bridge}.mgmt`, ...args], {
        env: { OVS_RUNDIR: rundir },
        check: true,
      });
    };

    it('puts a rule into the switch at once, and calls it PENDING_ADD until its poll', async () => {
      const id = await post(1, drop('198.51.100.1'));
      await site.until('the rule in the switch', () => inSwitch(1, id), 2);
      const states = new Set<string>();
      await site.until('ADDED', async () => {
        const state = (await listed(`${device(1)}/${id}`))[0]?.state ?? '';
        states.add(state);
        return state === 'ADDED';
      });
      expect([...states]).toEqual(['PENDING_ADD', 'ADDED']);
      await site.tell('DELETE', `/onos/v1/flows/application/${APP}`);
    });

    it('gives one rule one id, which is its cookie, and keeps criteria in its own order', async () => {
      const rule = drop('198.51.100.2');
      const id = await post(2, rule);
      expect(await post(2, rule)).toBe(id);
      const criteria = [
        { type: 'TCP_DST', tcpPort: 22 },
        { type: 'IP_PROTO', protocol: 6 },
        { type: 'ETH_TYPE', ethType: '0x800' },
        { type: 'IN_PORT', port: 3 },
      ];
      const odd = await post(2, drop('', { selector: { criteria } }));
      const [shown] = await listed(`${device(2)}/${odd}`);
      expect(shown?.selector.criteria.map(({ type }) => type)).toEqual(['IN_PORT', 'ETH_TYPE', 'IP_PROTO', 'TCP_DST']);
      await site.until(cookie(id), () => inSwitch(2, id), 2);
      await site.tell('DELETE', `/onos/v1/flows/application/${APP}`);
      await site.until('both gone', async () => !(await inSwitch(2, id)) && !(await inSwitch(2, odd)), 2);
    });

    it('knows an application from its first rule on', async () => {
      const app = `org.guardpost.new${Date.now()}`;
      expect((await site.send('GET', `/onos/v1/flows/application/${app}`)).status).toBe(404);
      const id = await post(1, drop('198.51.100.3'), app);
      expect((await listed(`application/${app}`)).map((rule) => rule.id)).toEqual([id]);
      await site.tell('DELETE', `/onos/v1/flows/application/${app}`);
      await site.until('no rule of it', async () => (await listed(`application/${app}`)).length === 0, 7);
    });

    it('puts back what is deleted in the switch, and removes what is put there by others', async () => {
      const id = await post(3, drop('198.51.100.4'));
      await site.until('the rule in the switch', () => inSwitch(3, id), 2);
      await ofctl(3, 'del-flows', `cookie=${cookie(id)}/-1`);
      await site.until('the rule back', () => inSwitch(3, id), 2);
      await ofctl(3, 'add-flow', 'cookie=0xbad,priority=7,ip,nw_dst=203.0.113.99,actions=drop');
      await site.until('the stranger gone', async () => !(await flows(3)).some((flow) => flow.cookie === 0xbadn), 12);
      expect(await inSwitch(3, id)).toBe(true);
      await site.tell('DELETE', `/onos/v1/flows/application/${APP}`);
    });

    it('does not put a rule into the switch that the switch would refuse', async () => {
      const id = await post(1, drop('', { selector: { criteria: [{ type: 'IPV4_SRC', ip: '198.51.100.5/32' }] } }));
      await sleep(500);
      expect((await flows(1)).some((flow) => flow.cookie === BigInt(id))).toBe(false);
      expect((await listed(`${device(1)}/${id}`))[0]?.state).not.toBe('ADDED');
      await site.tell('DELETE', `/onos/v1/flows/application/${APP}`);
    });

    it('adds an ACL rule to its list only, and says that it could not, where a host has an IPv6 address', async () => {
      const host = { '02:00:00:00:09:09/None': { basic: { ips: ['fd00:99::9'], locations: [`${device(4)}/1`] } } };
      await site.tell('POST', '/onos/v1/network/configuration', { hosts: host });
      await site.until('the host', async () => (await site.send('GET', '/onos/v1/hosts/02:00:00:00:09:09/None')).status === 200);
      const rule = { srcIp: '10.99.0.1/32', dstIp: '10.99.0.2/32', action: 'DENY' };
      const { status, text } = await site.send('POST', '/onos/v1/acl/rules', JSON.stringify(rule));
      expect({ status, text }).toEqual({ status: 207, text: 'Cannot invoke "org.onlab.packet.Ip4Address.toInt()" because "ip" is null' });
      const { aclRules } = (await site.get('/onos/v1/acl/rules')) as { aclRules: object[] };
      expect(aclRules).toMatchObject([rule]);
      await site.tell('DELETE', '/onos/v1/acl/rules');
      await site.tell('DELETE', '/onos/v1/network/configuration/hosts/02%3A00%3A00%3A00%3A09%3A09%2FNone');
    });

    it('does not mend an intent whose rule was deleted by REST', async () => {
      const at = (n: number): object => ({ device: device(n), port: '1' });
      const key = 'behaviour-1';
      await site.tell('POST', '/onos/v1/intents', {
        type: 'PointToPointIntent',
        appId: CORE,
        key,
        priority: 333,
        ingressPoint: at(1),
        egressPoint: at(2),
      });
      await site.until('INSTALLED', async () => (await site.intentState(CORE, key)) === 'INSTALLED');
      const rules = (): Promise<Rule[]> =>
        site.get(`/onos/v1/intents/relatedflows/${CORE}/${key}`).then((json) => (json as { paths: Rule[][] }).paths.flat());
      const [first] = await rules();
      await site.until('in the switch', () => inSwitch(Number(first!.deviceId.slice(3)), first!.id), 2);
      await site.tell('DELETE', `/onos/v1/flows/${first!.deviceId}/${first!.id}`);
      await sleep(6_000); // more than a poll
      expect(await inSwitch(Number(first!.deviceId.slice(3)), first!.id)).toBe(false);
      expect(await site.intentState(CORE, key)).toBe('INSTALLED');
      expect((await rules()).length).toBe(1);
      await site.tell('DELETE', `/onos/v1/intents/${CORE}/${key}`);
    });

    describe('with two prefixes behind one next hop', () => {
      const [one, other] = ['203.0.113.0/24', '203.0.114.0/24'];
      const intent = (key: string): string => `/onos/v1/intents/${SDNIP}/${encodeURIComponent(key)}`;
      const state = (key: string, wanted: string | undefined): Promise<void> =>
        site.until(`${key} ${wanted ?? 'gone'}`, async () => (await site.intentState(SDNIP, key)) === wanted);
      const port = (n: number): string => `/onos/v1/network/configuration/ports/${encodeURIComponent(`${device(n)}/21`)}`;
      const iface = (n: number): object => ({ interfaces: [{ name: `peer${n}`, ips: [`192.168.${n}.1/24`], mac: '02:00:00:00:02:01' }] });
      const route = (prefix: string): object => ({ type: 'STATIC', prefix, nextHop: '192.168.1.2' });
      const HOST = '/onos/v1/network/configuration/hosts/02%3A00%3A00%3A00%3A01%3A01%2FNone';
      /** The route rules of all switches, without what differs each time. */
      const tables = async (): Promise<string[]> => {
        const all = await Promise.all(
          [1, 2, 3, 4].map(async (n) =>
            (await flows(n)).filter(({ priority }) => priority === 220).map((flow) => `br${n} ${flow.match} ${flow.actions}`),
          ),
        );
        return all.flat().sort();
      };
      const downstream = async (): Promise<string[]> =>
        (await tables()).filter((line) => line.startsWith('br1') && line.includes('dl_dst='));
      let before: string[];

      beforeAll(async () => {
        await site.tell('POST', '/onos/v1/network/configuration', {
          hosts: { '02:00:00:00:01:01/None': { basic: { ips: ['192.168.1.2'], locations: [`${device(1)}/21`] } } },
        });
        for (const n of [1, 2, 3]) await site.tell('POST', port(n), iface(n));
        await sleep(2_000); // SDN-IP forgets a route whose next hop is not known yet, and nothing says when it is
        for (const prefix of [one, other]) await site.tell('POST', '/onos/routeservice/routes', route(prefix));
        for (const prefix of [one, other]) await state(prefix, 'INSTALLED');
        await site.until('6 rules', async () => (await tables()).length === 6);
        before = await tables();
      });
      afterAll(async () => {
        for (const prefix of [one, other]) await site.send('DELETE', '/onos/routeservice/routes', JSON.stringify(route(prefix)));
        for (const n of [1, 2, 3]) await site.send('DELETE', port(n));
        for (const prefix of [one, other]) await site.send('DELETE', intent(prefix));
        await site.send('DELETE', HOST);
      });

      it('shows intents without the match of their prefix, and rules with it', async () => {
        const json = (await site.get(intent(one))) as { selector: { criteria: unknown[] }; constraints: { type: string }[] };
        expect(json.selector.criteria).toEqual([]);
        expect(json.constraints.map(({ type }) => type)).toEqual(['PartialFailureConstraint']);
        expect(before.filter((line) => line.includes('nw_dst=')).length).toBe(4);
        expect(await downstream()).toHaveLength(2);
      });

      it('cuts the sibling with the withdrawn one, and an interface more brings everything back', async () => {
        await site.tell('DELETE', intent(one));
        await site.until('no rule downstream', async () => (await downstream()).length === 0, 2);
        expect(await site.intentState(SDNIP, other)).toBe('INSTALLED');
        await sleep(6_000); // more than a poll
        expect(await downstream()).toEqual([]);

        const spare = `/onos/v1/network/configuration/ports/${encodeURIComponent(`${device(1)}/99`)}`;
        await site.tell('POST', spare, { interfaces: [{ name: 'spare', ips: ['192.168.99.1/24'], mac: '02:00:00:00:02:01' }] });
        await state(one, 'INSTALLED');
        await site.tell('DELETE', spare);
        await site.until('the tables as before', async () => JSON.stringify(await tables()) === JSON.stringify(before));
      });

      it('lists what SDN-IP withdrew as WITHDRAWN until the route is back', async () => {
        await site.tell('DELETE', '/onos/routeservice/routes', route(one));
        await state(one, 'WITHDRAWN');
        await sleep(6_000);
        expect(await site.intentState(SDNIP, one)).toBe('WITHDRAWN');
        expect((await tables()).some((line) => line.includes('nw_dst=203.0.113.0/24'))).toBe(false);
        await site.tell('POST', '/onos/routeservice/routes', route(one));
        await state(one, 'INSTALLED');
        // The sibling has lost the rules that they shared, and the new intent has brought them back.
        await site.until('the tables as before', async () => JSON.stringify(await tables()) === JSON.stringify(before));
      });

      it('takes a stored intent back without its constraints only, and then as a catch-all', async () => {
        const stored = (await site.get(intent(one))) as Record<string, unknown>;
        await site.tell('DELETE', intent(one));
        await state(one, undefined);
        const verbatim = await site.send('POST', '/onos/v1/intents', JSON.stringify(stored));
        expect(verbatim).toMatchObject({
          status: 400,
          text: '{"code":400,"message":"Instruction type PartialFailureConstraint is not supported"}',
        });

        await site.tell('POST', '/onos/v1/intents', { ...stored, constraints: undefined });
        await state(one, 'INSTALLED');
        await site.until(
          'a rule for everything',
          async () => (await tables()).some((line) => /^br2 (?!.*nw_dst)(?!.*dl_dst).*in_port=21/.test(line)),
          2,
        );

        const criteria = [
          { type: 'ETH_TYPE', ethType: '0x0800' },
          { type: 'IPV4_DST', ip: one },
        ];
        await site.tell('POST', '/onos/v1/intents', { ...stored, constraints: undefined, selector: { criteria } });
        await site.until(
          'none any more',
          async () => !(await tables()).some((line) => /^br2 (?!.*nw_dst)(?!.*dl_dst).*in_port=21/.test(line)),
        );
        expect(await site.intentState(SDNIP, one)).toBe('INSTALLED');
        expect((await downstream()).every((line) => line.includes('nw_dst=203.0.113.0/24'))).toBe(true);
      });
    });
  });
}
