// bgp.mjs up|mend|down ONOS_URL SECONDS: ONOS' side of the lab's BGP, with FRR's own answers (LAB_FRR: its folders) to compare with.
//   up    SDN-IP active, interfaces and speaker in the network configuration; then waits until every session is Established and every
//         prefix that a router announces is an INSTALLED intent by which all other routers reach it.
//   mend  the same up to the sessions: somebody may have blocked a prefix meanwhile. Both are safe to repeat: what is right is left alone.
//   down  takes back what `up` gave, and what SDN-IP leaves behind: WITHDRAWN intents and the routers as hosts.
// LAB_BGP/activated is there while SDN-IP is active because of `up`.
import { execFile } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { main, onosAt, untilDeadline } from './onos-rest.mjs';
import { firstHost, readBgp } from './read-bgp.mjs';
import { readTopology } from './read-topology.mjs';

const SDNIP = 'org.onosproject.sdnip';
const ROUTER_CONFIG = 'network/configuration/apps/org.onosproject.router';
const ACTIVATED = `${process.env.LAB_BGP}/activated`;

const run = promisify(execFile);
const [direction, url, seconds] = process.argv.slice(2);
const call = onosAt(url);
const until = untilDeadline(Number(seconds));
const here = (file) => new URL(file, import.meta.url);
const { speaker, routers } = readBgp(here('bgp.txt'), readTopology(here('topology.txt')));
const connectPoint = ({ device, port }) => `${device}/${port}`;

async function vtysh(name, command) {
  const folder = `${process.env.LAB_FRR}/${name}`;
  const { stdout } = await run('vtysh', ['--vty_socket', folder, '--config_dir', folder, '-c', command]);
  return JSON.parse(stdout);
}
const sdnipState = async () => (await call('GET', `applications/${SDNIP}`)).state;
const sdnipIntents = async () => (await call('GET', 'intents')).intents.filter(({ appId }) => appId === SDNIP);

const wantedPorts = Object.fromEntries(
  routers.map((router) => [
    connectPoint(router),
    { interfaces: [{ name: router.name, ips: [`${router.peer}/${router.length}`], mac: speaker.mac }] },
  ]),
);
const wantedSpeakers = [{ name: speaker.name, connectPoint: connectPoint(speaker), peers: routers.map(({ address }) => address) }];

/** Posted only where it differs: an interface that is new makes SDN-IP submit all its routes again. */
async function configure() {
  const { ports, apps } = await call('GET', 'network/configuration');
  const same = (a, b) => a !== undefined && JSON.stringify(a) === JSON.stringify(b);
  const missing = Object.entries(wantedPorts).filter(([port, { interfaces }]) => !same(ports?.[port]?.interfaces, interfaces));
  if (missing.length > 0) await call('POST', 'network/configuration', { ports: Object.fromEntries(missing) });
  if (!same(apps?.['org.onosproject.router']?.bgp?.bgpSpeakers, wantedSpeakers))
    await call('POST', 'network/configuration', { apps: { 'org.onosproject.router': { bgp: { bgpSpeakers: wantedSpeakers } } } });
}

async function idleSessions() {
  const all = await Promise.all([speaker, ...routers].map(async ({ name }) => [name, await vtysh(name, 'show bgp neighbors json')]));
  return all.flatMap(([name, neighbours]) =>
    Object.entries(neighbours)
      .filter(([, { bgpState }]) => bgpState !== 'Established')
      .map(([address, { bgpState }]) => `${name} with ${address}: ${bgpState}`),
  );
}
/** What the routers announce now: `{ name, prefix }` of each. */
async function announced() {
  const tables = await Promise.all(routers.map(async ({ name }) => ({ name, ...(await vtysh(name, 'show bgp ipv4 unicast json')) })));
  return tables.flatMap(({ name, routes }) =>
    Object.keys(routes)
      .filter((prefix) => routes[prefix].some(({ peerId }) => peerId === '(unspec)'))
      .map((prefix) => ({ name, prefix })),
  );
}
const answering = (prefix) =>
  routers.flatMap(({ prefixes }) => prefixes).find((known) => known.prefix === prefix)?.address ?? firstHost(prefix);

/** Pings of every router to every prefix of the others, from an address that those know a way to. */
async function unanswered() {
  const all = await announced();
  const sources = new Map(all.map(({ name, prefix }) => [name, answering(prefix)]));
  const pairs = [...sources].flatMap(([from, source]) =>
    all.filter(({ name }) => name !== from).map(({ prefix }) => ({ from, source, prefix })),
  );
  const lost = await Promise.all(
    pairs.map(({ from, source, prefix }) =>
      run('nsenter', [
        `--net=/run/netns/${process.env.LAB_NAME}-${from}`,
        '--',
        'ping',
        '-qc1',
        '-W1',
        '-I',
        source,
        answering(prefix),
      ]).then(
        () => [],
        () => `${from} -> ${prefix}`,
      ),
    ),
  );
  return lost.flat();
}

async function mend() {
  await until('SDN-IP', async () => {
    if ((await sdnipState()) === 'ACTIVE') return null;
    await call('POST', `applications/${SDNIP}/active`);
    writeFileSync(ACTIVATED, '');
    return 'not active';
  });
  await until('its configuration', async () => (await configure(), null));
  await until('BGP sessions', async () => (await idleSessions()).join(', ') || null);
}

async function up() {
  await mend();
  await until('routes', async () => {
    const states = new Map((await sdnipIntents()).map(({ key, state }) => [key, state]));
    const bad = (await announced()).filter(({ prefix }) => states.get(prefix) !== 'INSTALLED');
    return bad.map(({ prefix }) => `${prefix} ${states.get(prefix) ?? 'absent'}`).join(', ') || null;
  });
  await until('routers reach each other', async () => (await unanswered()).join(', ') || null);
}

async function down() {
  const { ports, apps } = await call('GET', 'network/configuration');
  if (apps?.['org.onosproject.router']?.bgp !== undefined) await call('DELETE', `${ROUTER_CONFIG}/bgp`);
  for (const port of Object.keys(wantedPorts).filter((p) => ports?.[p]?.interfaces !== undefined))
    await call('DELETE', `network/configuration/ports/${encodeURIComponent(port)}/interfaces`);
  await until('intents withdrawn', async () => {
    const left = (await sdnipIntents()).filter(({ state }) => state !== 'WITHDRAWN' && state !== 'FAILED');
    return left.length === 0 ? null : `${left.length} left`;
  });
  if (existsSync(ACTIVATED)) {
    await call('DELETE', `applications/${SDNIP}/active`);
    rmSync(ACTIVATED);
  }
  await until('intents purged', async () => {
    const left = await sdnipIntents();
    await Promise.all(left.map(({ key }) => call('DELETE', `intents/${SDNIP}/${encodeURIComponent(key)}`)));
    return left.length === 0 ? null : `${left.length} left`;
  });
  const macs = [speaker, ...routers].map(({ mac }) => mac);
  await until('hosts forgotten', async () => {
    const left = (await call('GET', 'hosts')).hosts.filter(({ mac }) => macs.includes(mac.toLowerCase()));
    await Promise.all(left.map(({ mac, vlan }) => call('DELETE', `hosts/${mac}/${vlan}`)));
    return left.length === 0 ? null : `${left.length} left`;
  });
}

await main({ up, mend, down }[direction]);
