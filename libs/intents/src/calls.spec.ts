import { describe, expect, it } from 'vitest';
import { serveAnswers, type Reply } from '../../../test/fixtures/onos/answer-server.js';
import { clientsUnderTest, DEVICE } from '../../../test/fixtures/onos/client-under-test.js';
import { recorded, recordedJson } from '../../../test/fixtures/onos/recorded.js';
import { unwrap } from './http/unwrap.js';
import type { OnosClient } from './onos-client.js';

const client = clientsUnderTest();
const HOST = '02:00:00:00:01:0C/None';
const file = (name: string, status = 200): Reply => ({ status, body: recorded(name) });
const json = (body: unknown): Reply => ({ body: JSON.stringify(body) });
const firstOf = (name: string, list: string): unknown => (recordedJson(name) as Record<string, unknown[]>)[list]?.[0];
const done: Reply = { status: 204 };
const link = { src: { device: DEVICE, port: '7' }, dst: { device: 'of:0000000000000003', port: '2' } };

type Run = (onos: OnosClient) => () => Promise<unknown>;
/** What is called, what is sent, what ONOS answers, and what comes of it. */
const table: ReadonlyArray<[string, Run, string, Reply, unknown]> = [
  [
    'ports of a device',
    (o) => o.devices.ports(DEVICE),
    `GET /devices/${DEVICE}/ports`,
    file('device-ports.json'),
    expect.arrayContaining([expect.objectContaining({ port: 'local' })]),
  ],
  ['ports of all', (o) => o.devices.allPorts(), 'GET /devices/ports', json({ ports: [] }), []],
  ['a port off', (o) => o.devices.setPortState(DEVICE, '7', false), `POST /devices/${DEVICE}/portstate/7 {"enabled":false}`, {}, undefined],
  [
    'counters',
    (o) => o.devices.portStatistics(DEVICE),
    `GET /statistics/ports/${DEVICE}`,
    file('statistics-ports.json'),
    expect.arrayContaining([expect.objectContaining({ port: 1 })]),
  ],
  ['counters since the poll', (o) => o.devices.deltaStatistics(), 'GET /statistics/delta/ports', json({ statistics: [] }), []],
  [
    'a host',
    (o) => o.hosts.get(HOST),
    'GET /hosts/02:00:00:00:01:0C%2FNone',
    json(firstOf('hosts.json', 'hosts')),
    expect.objectContaining({ vlan: 'None' }),
  ],
  [
    'links of a device',
    (o) => o.links.ofDevice(DEVICE),
    `GET /links?device=${DEVICE}&direction=ALL`,
    file('links.json'),
    expect.objectContaining({ length: 12 }),
  ],
  [
    'links into a port',
    (o) => o.links.ofPort(DEVICE, '7', 'INGRESS'),
    `GET /links?device=${DEVICE}&port=7&direction=INGRESS`,
    json({ links: [] }),
    [],
  ],
  [
    'paths of devices',
    (o) => o.paths.between(DEVICE, 'of:0000000000000003'),
    `GET /paths/${DEVICE}/of:0000000000000003`,
    file('paths.json'),
    [{ cost: 1, links: [expect.objectContaining(link)] }],
  ],
  [
    'paths of hosts',
    (o) => o.paths.between(HOST, HOST),
    'GET /paths/02:00:00:00:01:0C%2FNone/02:00:00:00:01:0C%2FNone',
    file('paths-hosts.json'),
    [expect.objectContaining({ cost: 3 })],
  ],
  [
    'disjoint paths',
    (o) => o.paths.disjoint(DEVICE, 'b'),
    `GET /paths/${DEVICE}/b/disjoint`,
    file('paths-disjoint.json'),
    expect.arrayContaining([expect.objectContaining({ backup: expect.objectContaining({ cost: 2 }) })]),
  ],
  ['the topology', (o) => o.topology.overview(), 'GET /topology', file('topology.json'), expect.objectContaining({ devices: 4 })],
  [
    'its parts',
    (o) => o.topology.clusters(),
    'GET /topology/clusters',
    file('topology-clusters.json'),
    [{ id: 0, deviceCount: 4, linkCount: 12, root: DEVICE }],
  ],
  ['devices of a part', (o) => o.topology.devicesOf(0), 'GET /topology/clusters/0/devices', json({ devices: [DEVICE] }), [DEVICE]],
  ['links of a part', (o) => o.topology.linksOf(0), 'GET /topology/clusters/0/links', json({ links: [] }), []],
  [
    'a port in the graph',
    (o) => o.topology.isInfrastructure(DEVICE, '7'),
    `GET /topology/infrastructure/${DEVICE}:7`,
    json({ infrastructure: true }),
    true,
  ],
  [
    'applications',
    (o) => o.applications.list(),
    'GET /applications',
    file('applications.json'),
    expect.arrayContaining([expect.objectContaining({ name: 'org.onosproject.acl' })]),
  ],
  [
    'an application',
    (o) => o.applications.get('org.onosproject.sdnip'),
    'GET /applications/org.onosproject.sdnip',
    file('application-sdnip.json'),
    expect.objectContaining({ state: 'ACTIVE' }),
  ],
  [
    'one turned on',
    (o) => o.applications.activate('org.a'),
    'POST /applications/org.a/active',
    file('app-sdnip-activate.json'),
    expect.objectContaining({ state: 'ACTIVE' }),
  ],
  ['one turned off', (o) => o.applications.deactivate('org.a'), 'DELETE /applications/org.a/active', done, undefined],
  [
    'names',
    (o) => o.applications.ids(),
    'GET /applications/ids',
    file('applications-ids.json'),
    expect.arrayContaining([{ id: 1, name: 'org.onosproject.core' }]),
  ],
  [
    'a name',
    (o) => o.applications.register('org.g'),
    'POST /applications/org.g/register',
    json({ id: 26, name: 'org.g' }),
    { id: 26, name: 'org.g' },
  ],
  ['a master', (o) => o.mastership.master(DEVICE), `GET /mastership/${DEVICE}/master`, json({ nodeId: '10.0.0.1' }), '10.0.0.1'],
  ['no master', (o) => o.mastership.nodesOf(DEVICE), `GET /mastership/${DEVICE}/role`, json({}), {}],
  [
    'master and backups',
    (o) => o.mastership.nodesOf(DEVICE),
    `GET /mastership/${DEVICE}/role`,
    json({ master: 'a', backups: ['b'] }),
    { master: 'a', backups: ['b'] },
  ],
  ['a local role', (o) => o.mastership.localRole(DEVICE), `GET /mastership/${DEVICE}/local`, json({ role: 'NONE' }), 'NONE'],
  [
    'devices of a node',
    (o) => o.mastership.devicesOf('10.0.0.1'),
    'GET /mastership/10.0.0.1/device',
    json({ deviceIds: [DEVICE] }),
    [DEVICE],
  ],
  [
    'a role set',
    (o) => o.mastership.setRole('n', DEVICE, 'STANDBY'),
    `PUT /mastership {"deviceId":"${DEVICE}","nodeId":"n","role":"STANDBY"}`,
    {},
    undefined,
  ],
  ['a role asked for', (o) => o.mastership.request(DEVICE), `GET /mastership/${DEVICE}/request`, json({ role: 'MASTER' }), 'MASTER'],
  [
    'a device given up',
    (o) => o.mastership.relinquish(DEVICE),
    `GET /mastership/${DEVICE}/relinquish`,
    { status: 201, headers: { Location: DEVICE } },
    undefined,
  ],
  ['roles shared', (o) => o.mastership.balance(), 'GET /mastership', {}, undefined],
  [
    'a node',
    (o) => o.cluster.node('127.0.0.1'),
    'GET /cluster/127.0.0.1',
    json(firstOf('cluster.json', 'nodes')),
    expect.objectContaining({ status: 'READY' }),
  ],
  ['the version', (o) => o.cluster.system(), 'GET /system', file('system.json'), expect.objectContaining({ version: '2.7.0' })],
  [
    'a configuration',
    (o) => o.netcfg.ofSubject('ports', `${DEVICE}/21`),
    `GET /network/configuration/ports/${DEVICE}%2F21`,
    json({ interfaces: [] }),
    { interfaces: [] },
  ],
  [
    'one applied',
    (o) => o.netcfg.apply({ hosts: { [HOST]: { basic: {} } } }),
    `POST /network/configuration {"hosts":{"${HOST}":{"basic":{}}}}`,
    {},
    undefined,
  ],
  [
    'one removed',
    (o) => o.netcfg.remove('hosts', HOST, 'basic'),
    'DELETE /network/configuration/hosts/02:00:00:00:01:0C%2FNone/basic',
    done,
    undefined,
  ],
  ['all removed', (o) => o.netcfg.remove('hosts', HOST), 'DELETE /network/configuration/hosts/02:00:00:00:01:0C%2FNone', done, undefined],
  [
    'ACL rules',
    (o) => o.acl.list(),
    'GET /acl/rules',
    file('acl-get-ports.json'),
    [expect.objectContaining({ id: '0x0', dscp: 5, srcTpPort: 80, dstTpPort: 40_000 })],
  ],
  [
    'one added',
    (o) => o.acl.add({ dstIp: '10.0.0.0/8' }),
    'POST /acl/rules {"dstIp":"10.0.0.0/8"}',
    { status: 201, headers: { Location: 'http://o/onos/v1/acl/0x1f' } },
    '0x1f',
  ],
  ['one removed', (o) => o.acl.remove('0x1f'), 'DELETE /acl/rules/0x1f', done, undefined],
  ['all removed', (o) => o.acl.clear(), 'DELETE /acl/rules', done, undefined],
];

describe('a call', () => {
  it.each(table)('%s', async (_name, run, sent, reply, result) => {
    await using server = await serveAnswers(() => reply);
    expect(await run(client([server.url]))()).toEqual({ _tag: 'Right', right: result });
    for (const { headers, body } of server.received) expect(headers['content-type']).toBe(body === '' ? undefined : 'application/json');
    expect(server.received.map(({ method, url, body }) => `${method} ${url.replace('/onos/v1', '')} ${body}`.trim())).toEqual([sent]);
  });

  it('for the counters of one port finds them, or says that there are none', async () => {
    const [{ ports }] = (recordedJson('statistics-ports.json') as { statistics: [{ ports: Array<{ port: number }> }] }).statistics;
    await using server = await serveAnswers(({ url }) =>
      json({ statistics: [{ device: DEVICE, ports: ports.filter(({ port }) => url.endsWith(`/${port}`)) }] }),
    );
    const onos = client([server.url]);
    expect(await unwrap(onos.devices.statisticsOfPort(DEVICE, '1'))).toMatchObject({ port: 1 });
    expect(await onos.devices.statisticsOfPort(DEVICE, '77')()).toMatchObject({ left: { kind: 'not-found' } });
  });

  it('that could only be wrong is not sent', async () => {
    await using server = await serveAnswers(() => done);
    const onos = client([server.url]);
    for (const call of [
      onos.acl.add({ srcIp: '10.0.0.1/32', ipProto: 'TCP', dstTpPort: 70_000 }),
      onos.acl.add({ srcIp: '10.0.0.1/32', dscp: 64 }),
      onos.acl.remove('17'),
      onos.acl.remove(''),
      onos.netcfg.remove('hosts', ''),
      onos.netcfg.remove('hosts', HOST, '..'),
      onos.applications.deactivate('..'),
    ])
      expect(await call()).toMatchObject({ left: { kind: 'refused' } });
    expect(server.received).toHaveLength(0);
  });

  it('that may not be done twice is sent once', async () => {
    await using server = await serveAnswers(() => 'reset');
    const onos = client([server.url], { retries: 3 });
    for (const call of [onos.acl.add({ srcIp: '10.0.0.1/32' }), onos.mastership.relinquish(DEVICE)])
      expect(await call()).toMatchObject({ left: { kind: 'unreachable' } });
    expect(server.received).toHaveLength(2);
    await onos.devices.setPortState(DEVICE, '1', true)();
    expect(server.received).toHaveLength(6);
  });
});
