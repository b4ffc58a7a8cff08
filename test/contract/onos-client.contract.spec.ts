import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  cookieOf,
  createOnosClient,
  criteria,
  dropRule,
  ETHER_TYPE,
  isDrop,
  OnosFailure,
  sameSelector,
  unwrap,
  type OnosClient,
} from '@guardpost/intents';

/** Runs against a real ONOS 2.7.0: ONOS_URLS=http://127.0.0.1:8181 (user onos, password rocks), better with a switch than without. */
const urls = process.env['ONOS_URLS']?.split(',') ?? [];
const APP = 'org.guardpost.contract';

const failure = async (call: Promise<unknown>): Promise<OnosFailure> =>
  call.then(
    () => Promise.reject(new Error('this call should have failed')),
    (e: unknown) => {
      if (e instanceof OnosFailure) return e;
      throw e;
    },
  );

describe.skipIf(urls.length === 0)(`a real ONOS${urls.length === 0 ? ' (skipped: ONOS_URLS is not set)' : ` at ${urls.join()}`}`, () => {
  let onos: OnosClient;
  let deviceId: string | undefined;

  beforeAll(async () => {
    onos = createOnosClient({ urls, user: 'onos', password: 'rocks' });
    deviceId = (await unwrap(onos.devices.list())).find(({ available }) => available)?.id;
  });

  afterAll(async () => {
    await onos.flows.removeByApp(APP)();
    onos.close();
  });

  const needsDevice = (skip: (why: string) => void): string => {
    if (deviceId === undefined) skip('this ONOS has no switch');
    return deviceId ?? '';
  };

  it('decodes everything that it lists', async () => {
    const lists = await Promise.all([
      unwrap(onos.links.list()),
      unwrap(onos.hosts.list()),
      unwrap(onos.intents.list()),
      unwrap(onos.flows.list()),
      unwrap(onos.devices.statistics()),
      unwrap(onos.applications.list()),
      unwrap(onos.cluster.nodes()),
    ]);
    expect(lists.every(Array.isArray)).toBe(true);
    expect(lists.at(-1)?.length).toBeGreaterThan(0);
    expect((await unwrap(onos.topology.overview())).devices).toBeGreaterThanOrEqual(0);
    expect(await unwrap(onos.netcfg.get())).toHaveProperty('ports');
    expect(await unwrap(onos.intents.miniSummary())).toHaveProperty('All');
  });

  it('has a device with ports and a master', async ({ skip }) => {
    const id = needsDevice(skip);
    expect((await unwrap(onos.devices.get(id))).id).toBe(id);
    expect((await unwrap(onos.devices.ports(id))).every(({ element }) => element === id)).toBe(true);
    expect(await unwrap(onos.mastership.master(id))).not.toBe('');
    expect(await unwrap(onos.devices.portStatistics(id))).toBeInstanceOf(Array);
  });

  it('adds, lists and removes a drop rule, the same rule being one rule', async ({ skip }) => {
    const id = needsDevice(skip);
    const rule = dropRule(id, 800, [criteria.ethType(ETHER_TYPE.ipv4), criteria.ipv4Src('198.51.100.7/32')]);
    const flowId = await unwrap(onos.flows.add(APP, rule));
    expect(await unwrap(onos.flows.add(APP, rule))).toBe(flowId);
    expect(cookieOf(flowId)).toMatch(/^0x[\da-f]+$/);

    const listed = await unwrap(onos.flows.ofApp(APP));
    expect(listed.map(({ id: listedId }) => listedId)).toEqual([flowId]);
    expect(listed[0]).toMatchObject({ appId: APP, deviceId: id, priority: 800, selector: rule.selector });
    expect(isDrop(listed[0]?.treatment)).toBe(true);
    expect((await unwrap(onos.flows.get(id, flowId))).id).toBe(flowId);

    await unwrap(onos.flows.remove(id, flowId));
    await unwrap(onos.flows.remove(id, flowId));
    await expect.poll(async () => (await unwrap(onos.flows.ofApp(APP))).length, { timeout: 15_000 }).toBe(0);
  });

  it('adds and removes rules in bulk, ids in the order of the rules', async ({ skip }) => {
    const id = needsDevice(skip);
    const rules = Array.from({ length: 20 }, (_, i) =>
      dropRule(id, 801, [
        criteria.ethType(ETHER_TYPE.ipv6),
        criteria.ipv6Src(`2001:db8::${i + 1}/128`),
        criteria.ipProto(17),
        criteria.udpDst(53),
      ]),
    );
    const refs = await unwrap(onos.flows.addAll(APP, rules));
    // ONOS answers before its store has them.
    await expect.poll(async () => (await unwrap(onos.flows.ofApp(APP))).length, { timeout: 15_000 }).toBe(20);
    const listed = new Map((await unwrap(onos.flows.ofApp(APP))).map((flow) => [flow.id, flow]));
    for (const [i, { flowId }] of refs.entries()) expect(sameSelector(listed.get(flowId)!.selector, rules[i]!.selector)).toBe(true);

    await unwrap(onos.flows.removeAll(refs));
    await expect.poll(async () => (await unwrap(onos.flows.ofApp(APP))).length, { timeout: 15_000 }).toBe(0);
  });

  it('says what is missing, and what is wrong with the password', async () => {
    expect(await failure(unwrap(onos.intents.get('org.onosproject.core', 'no such/key')))).toMatchObject({
      error: { kind: 'not-found', status: 400 },
    });
    expect(await failure(unwrap(onos.intents.get('org.onosproject.core', '0xfffff')))).toMatchObject({
      error: { kind: 'not-found', status: 404 },
    });
    expect(await failure(unwrap(onos.intents.withdraw('org.onosproject.core', 'no such/key')))).toMatchObject({
      error: { kind: 'not-found' },
    });
    expect(await failure(unwrap(onos.devices.get('of:ffffffffffffffff')))).toMatchObject({ error: { kind: 'not-found' } });
    expect(await failure(unwrap(onos.flows.ofApp('org.nosuch')))).toMatchObject({ error: { kind: 'not-found' } });

    const stranger = createOnosClient({ urls, user: 'onos', password: 'wrong-one' });
    const refusal = await failure(unwrap(stranger.devices.list()));
    stranger.close();
    expect(refusal.error).toMatchObject({ kind: 'unauthorised', status: 401, retryable: false });
    expect(JSON.stringify(refusal.error)).not.toContain('wrong-one');
  });

  it('sets and removes the interfaces of an unused port', async () => {
    const port = 'of:0000000000000001/4094';
    const interfaces = [{ name: 'guardpost-contract', ips: ['192.0.2.1/24'], mac: '02:00:00:00:0F:01' }];
    await unwrap(onos.netcfg.setInterfaces(port, interfaces));
    expect((await unwrap(onos.netcfg.get())).ports[port]?.interfaces).toEqual(interfaces);
    await unwrap(onos.netcfg.removeInterfaces(port));
    await unwrap(onos.netcfg.removeInterfaces(port));
    expect((await unwrap(onos.netcfg.get())).ports[port]?.interfaces).toBeUndefined();
  });

  it('submits an intent with a slash in its key, shows it, withdraws it', async ({ skip }) => {
    const id = needsDevice(skip);
    const [one, two] = (await unwrap(onos.devices.ports(id))).filter(({ isEnabled, port }) => isEnabled && /^\d+$/.test(port));
    if (one === undefined || two === undefined) return skip('the switch has fewer than two ports');
    const key = '192.0.2.0/24';
    const intentId = await unwrap(
      onos.intents.submit({
        type: 'MultiPointToSinglePointIntent',
        appId: 'org.onosproject.cli',
        key,
        priority: 220,
        selector: { criteria: [criteria.ethType(ETHER_TYPE.ipv4), criteria.ipv4Dst(key)] },
        ingressPoint: [{ device: id, port: one.port }],
        egressPoint: { device: id, port: two.port },
      }),
    );
    await expect.poll(async () => (await unwrap(onos.intents.get('org.onosproject.cli', key))).state, { timeout: 5_000 }).toBe('INSTALLED');
    expect((await unwrap(onos.intents.get('org.onosproject.cli', key))).id).toBe(intentId);
    expect((await unwrap(onos.intents.ofApp('org.onosproject.cli'))).map((intent) => intent.key)).toContain(key);
    expect((await unwrap(onos.intents.installables('org.onosproject.cli', key))).length).toBeGreaterThan(0);
    const related = await unwrap(onos.intents.relatedFlows('org.onosproject.cli', key));
    expect(related.paths.flat()[0]?.selector.criteria).toContainEqual(criteria.ipv4Dst(key));

    await unwrap(onos.intents.withdraw('org.onosproject.cli', key));
    await expect
      .poll(() => onos.intents.get('org.onosproject.cli', key)(), { timeout: 5_000 })
      .toMatchObject({ _tag: 'Left', left: { kind: 'not-found' } });
  });
});
