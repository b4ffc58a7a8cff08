import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as t from 'io-ts';
import { isLeft } from 'fp-ts/lib/Either.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lab, type LabFlow } from './lab.js';
import { run } from './run.js';

// A lab of its own name, so that a lab that somebody is working with stays as it is.
const NAME = 'gpspec';
let lab: Lab;
let rootBefore: string[];

/** Only names of the lab's making: others may come and go on this machine meanwhile. */
const rootInterfaces = async () =>
  (await run(['ip', '-br', 'link'])).stdout
    .split('\n')
    .filter((line) => /^(host|speaker|router|gateway|mg|ul|br-|ovs-|vxlan|eth[1-5]\b)/.test(line));
const namespaces = () => (existsSync('/run/netns') ? readdirSync('/run/netns') : []);

beforeAll(async () => {
  rootBefore = await rootInterfaces();
  const start = Date.now();
  lab = await Lab.up({ name: NAME });
  console.log(`up (everything new, ONOS unpacked or not): ${Date.now() - start} ms`);
});
afterAll(async () => {
  await lab?.down();
});

async function onos<C extends t.Mixed>(path: string, codec: C): Promise<t.TypeOf<C>> {
  const authorization = `Basic ${Buffer.from('onos:rocks').toString('base64')}`;
  const answer = await fetch(`${lab.onosUrl}/onos/v1/${path}`, { headers: { authorization }, signal: AbortSignal.timeout(10_000) });
  expect(answer.status).toBe(200);
  const decoded = codec.decode(await answer.json());
  if (isLeft(decoded)) throw new Error(`${path}: not as expected`);
  return decoded.right as t.TypeOf<C>;
}

async function eventually(what: string, holds: () => Promise<boolean>, deadlineMs = 15_000): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await sleep(100);
  }
}

async function unreachable(): Promise<string[]> {
  const tenants = [...lab.hosts, lab.gateway];
  const lost = await Promise.all(
    tenants.map(async (from) => {
      const failed: string[] = [];
      for (const to of tenants) {
        if (to === from) continue;
        for (const address of [to.v4, to.v6]) {
          const { code } = await lab.exec(from.namespace, ['ping', '-qc1', '-W2', address]);
          if (code !== 0) failed.push(`${from.name} -> ${address}`);
        }
      }
      return failed;
    }),
  );
  return lost.flat();
}

/** Sends a megabyte and counts what arrives. */
async function transfer(from: string, to: string, address: string): Promise<number> {
  const port = '5001';
  const server = lab.spawn(to, ['sh', '-c', `timeout 20 nc -l -p ${port} ${address.includes(':') ? '-6' : ''} | wc -c`]);
  let counted = '';
  server.stdout?.on('data', (chunk: Buffer) => (counted += chunk.toString()));
  await eventually(`a listener in ${to}`, async () => (await lab.exec(to, ['ss', '-Hltn', `sport = :${port}`])).stdout !== '');
  await lab.exec(from, ['sh', '-c', `head -c 1000000 /dev/zero | timeout 20 nc -q1 ${address} ${port}`]);
  if (server.exitCode === null) await new Promise((done) => server.once('close', done));
  return Number(counted);
}

const packetsTo = (flows: LabFlow[], mac: string, out: number) =>
  flows
    .filter((flow) => flow.match.includes(`dl_dst=${mac}`) && flow.actions === `output:${out}`)
    .reduce((sum, flow) => sum + flow.packets, 0);

describe('a lab that is up', () => {
  test('ONOS has the four devices, the twelve links and the nine tenants', async () => {
    const { devices } = await onos('devices', t.strict({ devices: t.array(t.strict({ id: t.string, available: t.boolean })) }));
    expect(
      devices
        .filter((d) => d.available)
        .map((d) => d.id)
        .sort(),
    ).toEqual(lab.boxes.map((box) => box.device));
    const end = t.strict({ device: t.string, port: t.string });
    const { links } = await onos('links', t.strict({ links: t.array(t.strict({ src: end, dst: end })) }));
    expect(links).toHaveLength(12);
    const { hosts } = await onos('hosts', t.strict({ hosts: t.array(t.strict({ mac: t.string, ipAddresses: t.array(t.string) })) }));
    expect(hosts.map((h) => h.mac.toLowerCase()).sort()).toEqual([...lab.hosts, lab.gateway].map((h) => h.mac).sort());
  });

  test('everyone reaches everyone in v4 and v6', async () => {
    expect(await unreachable()).toEqual([]);
  });

  test('the world behind the gateway answers: malicious, benign and whole prefixes', async () => {
    const { malicious, benign } = lab.gateway;
    const silent: string[] = [];
    for (const address of [...malicious, benign.v4, benign.v6, '198.51.100.77', '198.19.200.3', '2001:db8:bad::1234']) {
      const { code } = await lab.exec('skku-h2', ['ping', '-qc1', '-W2', address]);
      if (code !== 0) silent.push(address);
    }
    expect(silent).toEqual([]);
    const attack = await lab.exec('gw', ['ping', '-qc1', '-W2', '-I', '2001:db8:bad::77', lab.host('koren-h2').v6]);
    expect(attack).toMatchObject({ code: 0 });
  });

  test.each([
    ['a plain link, v4', 'gist2-h1', 'skku-h1', 'v4'],
    ['a plain link, v6', 'koren-h1', 'skku-h2', 'v6'],
    ['VXLAN, v4', 'koren-h1', 'gist1-h1', 'v4'],
    ['VXLAN, v6', 'skku-h1', 'gist1-h2', 'v6'],
  ] as const)('TCP carries a megabyte over %s', async (_what, from, to, family) => {
    expect(await transfer(from, to, lab.host(to)[family])).toBe(1_000_000);
  });

  test.each(['koren', 'skku'])('%s reaches the gateway over its VXLAN and nothing else', async (id) => {
    const box = lab.box(id);
    const tunnel = box.ports.find((port) => port.kind === 'vxlan' && port.peer === 'gist1');
    const before = packetsTo(await lab.flows(box), lab.gateway.mac, tunnel?.ofport ?? 0);
    const { code } = await lab.exec(`${id}-h1`, ['ping', '-qc5', '-i0.05', '-W2', lab.gateway.v4]);
    expect(code).toBe(0);
    const outs = (await lab.flows(box)).filter((flow) => flow.match.includes(`dl_dst=${lab.gateway.mac}`)).map((flow) => flow.actions);
    expect(new Set(outs)).toEqual(new Set([`output:${tunnel?.ofport}`]));
    await eventually(
      'five packets counted on the tunnel',
      async () => packetsTo(await lab.flows(box), lab.gateway.mac, tunnel?.ofport ?? 0) >= before + 5,
    );
  });

  test('up again finds it as it is, and mends what has died', async () => {
    const start = Date.now();
    const again = await Lab.up({ name: NAME });
    console.log(`up (is up already): ${Date.now() - start} ms`);
    expect(again.description).toEqual(lab.description);
    await lab.killRedis();
    expect((await Lab.up({ name: NAME })).redisUrl).toBe(lab.redisUrl);
    expect((await lab.exec('gist1', ['redis-cli', '-h', '10.255.0.10', 'ping'])).stdout.trim()).toBe('PONG');
  });

  test('relays lead into ctl', async () => {
    const redis = Number(new URL(lab.redisUrl).port);
    expect((await run(['redis-cli', '-p', String(redis), 'ping'])).stdout.trim()).toBe('PONG');
    const port = await lab.relay(0, 'tcp:10.255.0.10:6379');
    expect((await run(['redis-cli', '-p', String(port), 'ping'])).stdout.trim()).toBe('PONG');
  });
});

describe('faults', () => {
  test.each(['TERM', 'KILL'] as const)('a switch ended by %s comes back with its rules, links and direct paths', async (signal) => {
    const start = Date.now();
    await lab.restartSwitch('koren', signal);
    console.log(`switch restarted by ${signal}: settled after ${Date.now() - start} ms`);
    await eventually('everyone reached', async () => (await unreachable()).length === 0);
    const outs = (await lab.flows('koren')).filter((flow) => flow.match.includes(lab.gateway.mac)).map((flow) => flow.actions);
    expect(new Set(outs)).toEqual(new Set(['output:2']));
  });

  test('Redis killed keeps what its append-only file holds', async () => {
    const cli = (...args: string[]) => lab.exec('ctl', ['redis-cli', ...args]);
    await cli('set', 'kept', 'yes');
    await sleep(1_100); // appendfsync everysec: what is older than a second is on disk
    await lab.killRedis('KILL');
    expect((await cli('ping')).code).not.toBe(0);
    await lab.startRedis();
    expect((await cli('get', 'kept')).stdout.trim()).toBe('yes');
    expect((await cli('config', 'get', 'maxmemory-policy')).stdout).toContain('noeviction');
  });

  test('ONOS stopped and started anew forwards again', async () => {
    await lab.stopOnos();
    await expect(fetch(lab.onosUrl, { signal: AbortSignal.timeout(5_000) })).rejects.toThrow('fetch failed');
    const start = Date.now();
    await lab.startOnos();
    console.log(`ONOS started anew: settled after ${Date.now() - start} ms`);
    expect(await unreachable()).toEqual([]);
  });
});

describe('side by side, and gone', () => {
  test('a second lab in a folder too deep for sockets lives beside the first and leaves nothing', async () => {
    const dir = await mkdtemp(join(tmpdir(), `guardpost-${'deep'.repeat(20)}-`));
    const second = await Lab.up({ name: 'gpother', dir, onos: false });
    const box = second.box('gist1');
    expect(box.rundir.length).toBeLessThan(90);
    expect((await second.exec('gist1', ['redis-cli', '-h', '10.255.0.10', 'exists', 'kept'])).stdout.trim()).toBe('0');
    expect(() => second.onosUrl).toThrow(/without ONOS/);
    expect((await lab.exec('gist1-h1', ['ping', '-qc1', '-W2', lab.gateway.v4])).code).toBe(0);
    const left = second.spawn('gw', ['sleep', '600']);
    await second.down();
    await second.down();
    await eventually('what was started inside has ended', async () => left.exitCode !== null || left.signalCode !== null);
    expect(namespaces().filter((name) => name.startsWith('gpother-'))).toEqual([]);
    expect(existsSync(second.dir)).toBe(false);
    expect(existsSync(box.rundir)).toBe(false);
    expect((await lab.exec('gist1-h1', ['ping', '-qc1', '-W2', lab.gateway.v4])).code).toBe(0);
    await rm(dir, { recursive: true });
  });

  test('down leaves no namespace, process, interface or file behind, except the unpacked ONOS', async () => {
    expect(await rootInterfaces()).toEqual(rootBefore);
    await lab.down();
    expect(namespaces().filter((name) => name.startsWith(`${NAME}-`))).toEqual([]);
    expect((await run(['ps', '-eo', 'args'])).stdout.split('\n').filter((line) => line.includes(`${lab.dir}/`))).toEqual([]);
    expect(await rootInterfaces()).toEqual(rootBefore);
    expect(readdirSync(lab.dir)).toEqual(['onos']);
    await expect(Lab.attach(NAME)).rejects.toThrow(/down/);
  });
});
