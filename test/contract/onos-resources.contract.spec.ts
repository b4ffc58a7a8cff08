import { createOnosClient, OnosFailure, unwrap, type OnosClient } from '@guardpost/intents';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab } from '../lab/lab.js';
import { OnosSite } from './recorded/onos-site.js';

/** What the client says of devices, ports, paths, applications, mastership and ACL rules, of the embedded ONOS and of a real one. */
const sharedLab =
  process.env['ONOS_URLS'] === undefined ? undefined : await Lab.attach(process.env['GUARDPOST_TEST_LAB'] ?? 'gpt').catch(() => undefined);
const real = sharedLab !== undefined && sharedLab.description.onosMode !== 'embedded';
const device = (n: number): string => `of:${n.toString(16).padStart(16, '0')}`;
const NOWHERE = 'of:00000000000000ff';
const ACL = 'org.onosproject.acl';

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

function suite(title: string, runs: boolean, up: () => Promise<Lab>, down: (lab: Lab) => Promise<void>): void {
  describe.runIf(runs)(`${title}`, () => {
    let lab: Lab;
    let onos: OnosClient;
    /** The number of a port of the first box: where a host is, and one towards the third. */
    let [hostPort, linkPort] = ['', ''];
    beforeAll(async () => {
      lab = await up();
      onos = createOnosClient({ urls: [lab.onosUrl], user: 'onos', password: 'rocks' });
      await new OnosSite(lab).until('12 links', async () => (await unwrap(onos.links.list())).length === 12, 30);
      const [host] = (await unwrap(onos.hosts.list())).filter(({ locations }) => locations[0]?.elementId === device(1));
      hostPort = host!.locations[0]!.port;
      linkPort = (await unwrap(onos.links.ofDevice(device(1), 'EGRESS'))).find(({ dst }) => dst.device === device(3))!.src.port;
    });
    afterAll(async () => {
      onos.close();
      await down(lab);
    });
    const kindOf = async (call: Promise<unknown>): Promise<string> =>
      call.then(
        () => 'none',
        (e: unknown) => (e instanceof OnosFailure ? e.error.kind : 'thrown'),
      );
    const portOf = async (port: string): Promise<[boolean, string | null | undefined]> => {
      const found = (await unwrap(onos.devices.ports(device(1)))).find((one) => one.port === port);
      return [found!.isEnabled, found!.annotations?.['adminState']];
    };

    it('turns a port off and on, and says nothing of a tunnel that stays up', async () => {
      await unwrap(onos.devices.setPortState(device(1), hostPort, false));
      await expect.poll(() => portOf(hostPort)).toEqual([false, 'disabled']);
      await unwrap(onos.devices.setPortState(device(1), hostPort, true));
      await expect.poll(() => portOf(hostPort)).toEqual([true, 'enabled']);
      await unwrap(onos.devices.setPortState(device(1), linkPort, false));
      expect(await portOf(linkPort)).toEqual([true, 'enabled']);
      await unwrap(onos.devices.setPortState(device(1), linkPort, true));
      expect(await kindOf(unwrap(onos.devices.setPortState(device(1), '4094', true)))).toBe('not-found');
      expect(await kindOf(unwrap(onos.devices.setPortState(NOWHERE, '1', true)))).toBe('not-found');
      expect(await kindOf(unwrap(onos.devices.setPortState(device(1), 'local', true)))).toBe('refused');
    });

    it('has ports and counters of all devices, of one, and of one port', async () => {
      const ports = await unwrap(onos.devices.allPorts());
      expect(new Set(ports.map(({ element }) => element))).toEqual(new Set([1, 2, 3, 4].map(device)));
      const ofOne = await unwrap(onos.devices.portStatistics(device(1)));
      expect(ofOne.map(({ port }) => String(port))).toContain(hostPort);
      expect((await unwrap(onos.devices.statisticsOfPort(device(1), hostPort))).port).toBe(Number(hostPort));
      expect(await kindOf(unwrap(onos.devices.statisticsOfPort(device(1), '4094')))).toBe('not-found');
      expect(await unwrap(onos.devices.portStatistics(NOWHERE))).toEqual([]);
      await expect
        .poll(async () => (await unwrap(onos.devices.deltaStatistics()))[0]?.ports[0]?.durationSec, { timeout: 15_000 })
        .toBeLessThan(12);
    });

    it('has links by device, port and direction', async () => {
      expect(await unwrap(onos.links.ofDevice(device(1)))).toHaveLength(6);
      expect(await unwrap(onos.links.ofDevice(device(1), 'INGRESS'))).toHaveLength(3);
      expect((await unwrap(onos.links.ofPort(device(1), linkPort, 'EGRESS'))).map(({ dst }) => dst.device)).toEqual([device(3)]);
      expect(await unwrap(onos.links.ofPort(device(1), hostPort))).toEqual([]);
      expect(await unwrap(onos.links.ofDevice(NOWHERE))).toEqual([]);
    });

    it('finds ways between devices and hosts', async () => {
      const [direct] = await unwrap(onos.paths.between(device(1), device(3)));
      expect(direct).toMatchObject({ cost: 1, links: [{ src: { device: device(1), port: linkPort }, dst: { device: device(3) } }] });
      const hosts = await unwrap(onos.hosts.list());
      const at = (n: number): string => hosts.find(({ locations }) => locations[0]?.elementId === device(n))!.id;
      const [way] = await unwrap(onos.paths.between(at(1), at(3)));
      expect(way?.links.map(({ type }) => type)).toEqual(['EDGE', 'DIRECT', 'EDGE']);
      expect(way?.links[0]?.src).toEqual({ host: at(1), port: '0' });
      const pairs = await unwrap(onos.paths.disjoint(device(1), device(3)));
      expect(pairs.map(({ primary, backup }) => [primary.cost, backup?.cost])).toEqual([
        [1, 2],
        [1, 2],
      ]);
      expect(await unwrap(onos.paths.between(device(1), NOWHERE))).toEqual([]);
      expect(await unwrap(onos.paths.between('02:00:00:00:99:99/None', device(1)))).toEqual([]);
      expect(await kindOf(unwrap(onos.paths.between(device(1), device(1))))).toBe('refused');
    });

    it('has one cluster of the topology, of one node', async () => {
      expect(await unwrap(onos.topology.clusters())).toEqual([{ id: 0, deviceCount: 4, linkCount: 12, root: device(1) }]);
      expect((await unwrap(onos.topology.devicesOf(0))).sort()).toEqual([1, 2, 3, 4].map(device));
      expect(await unwrap(onos.topology.linksOf(0))).toHaveLength(12);
      expect(await kindOf(unwrap(onos.topology.devicesOf(77)))).toBe('not-found');
      expect(await unwrap(onos.topology.isInfrastructure(device(1), linkPort))).toBe(true);
      expect(await unwrap(onos.topology.isInfrastructure(device(1), hostPort))).toBe(false);
      const [node] = await unwrap(onos.cluster.nodes());
      expect((await unwrap(onos.cluster.node(node!.id))).status).toBe('READY');
      expect(await kindOf(unwrap(onos.cluster.node('10.9.9.9')))).toBe('not-found');
      expect(await unwrap(onos.cluster.system())).toMatchObject({ version: '2.7.0', node: node!.id, devices: 4, links: 12 });
    });

    it('is master of every device, whatever is set', async () => {
      const [node] = await unwrap(onos.cluster.nodes());
      expect((await unwrap(onos.mastership.devicesOf(node!.id))).sort()).toEqual([1, 2, 3, 4].map(device));
      expect(await unwrap(onos.mastership.nodesOf(device(1)))).toEqual({ master: node!.id });
      await unwrap(onos.mastership.setRole(node!.id, device(2), 'STANDBY'));
      await unwrap(onos.mastership.relinquish(device(2)));
      await unwrap(onos.mastership.balance());
      expect(await unwrap(onos.mastership.request(device(2)))).toBe('MASTER');
      expect(await unwrap(onos.mastership.master(device(2)))).toBe(node!.id);
      expect(await unwrap(onos.mastership.localRole(NOWHERE))).toBe('NONE');
      expect(await unwrap(onos.mastership.nodesOf(NOWHERE))).toEqual({});
      await unwrap(onos.mastership.setRole('10.9.9.9', NOWHERE, 'MASTER'));
      expect(await kindOf(unwrap(onos.mastership.master(NOWHERE)))).toBe('not-found');
      expect(await kindOf(unwrap(onos.mastership.request(NOWHERE)))).toBe('not-found');
    });

    it('turns applications off and on, knows names, and gives new ones a number', async () => {
      await unwrap(onos.applications.deactivate(ACL));
      expect((await unwrap(onos.applications.get(ACL))).state).toBe('INSTALLED');
      expect(await kindOf(unwrap(onos.acl.list()))).toBe('refused');
      expect((await unwrap(onos.applications.activate(ACL))).state).toBe('ACTIVE');
      await expect.poll(() => kindOf(unwrap(onos.acl.list())), { timeout: 10_000 }).toBe('none');
      await unwrap(onos.applications.deactivate('org.nosuch'));
      expect(await kindOf(unwrap(onos.applications.activate('org.nosuch')))).toBe('not-found');
      expect(await kindOf(unwrap(onos.applications.get('org.onosproject.cli')))).toBe('not-found');
      const registered = await unwrap(onos.applications.register('org.guardpost.contract.name'));
      expect(await unwrap(onos.applications.register('org.guardpost.contract.name'))).toEqual(registered);
      expect(await unwrap(onos.applications.ids())).toContainEqual(registered);
    });

    it('takes ACL rules, and tells those that it has, cannot read, or fails at', async () => {
      const allow = { srcIp: '10.98.0.1/32', dstIp: '10.98.0.0/24', ipProto: 'TCP', dstTpPort: 40_000, dscp: 5, action: 'ALLOW' } as const;
      const id = await unwrap(onos.acl.add(allow));
      expect(await unwrap(onos.acl.list())).toEqual([{ id, ...allow }]);
      expect(await kindOf(unwrap(onos.acl.add(allow)))).toBe('conflict');
      expect(await kindOf(unwrap(onos.acl.add({ action: 'DENY' })))).toBe('refused');
      expect(await kindOf(unwrap(onos.acl.add({ srcIp: '10.98.0.1/32', dstTpPort: 80 })))).toBe('refused');
      await unwrap(onos.acl.remove(id));
      await unwrap(onos.acl.remove(id));
      // The lab's hosts have IPv6 addresses.
      expect(await kindOf(unwrap(onos.acl.add({ srcIp: '10.98.0.1/32', dstIp: '10.98.0.2/32' })))).toBe('server-error');
      expect(await unwrap(onos.acl.list())).toMatchObject([{ srcIp: '10.98.0.1/32', action: 'DENY' }]);
      await unwrap(onos.acl.clear());
      expect(await unwrap(onos.acl.list())).toEqual([]);
    });

    it('says which part of a network configuration it does not take, and takes the rest', async () => {
      const host = '02:00:00:00:0F:0F/None';
      const basic = { name: 'contract', locations: [`${device(1)}/4094`] };
      await unwrap(onos.netcfg.apply({ hosts: { [host]: { basic } } }));
      expect(await unwrap(onos.netcfg.ofSubject('hosts', host))).toEqual({ basic });
      await unwrap(onos.netcfg.remove('hosts', host, 'basic'));
      await unwrap(onos.netcfg.remove('hosts', host));
      expect(await kindOf(unwrap(onos.netcfg.ofSubject('hosts', host)))).toBe('not-found');
    });
  });
}
