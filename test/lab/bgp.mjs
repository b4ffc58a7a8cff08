// bgp.mjs up|mend|down ONOS_URL SECONDS: ONOS' side of the lab's BGP. `up` and `mend` are safe to repeat: what is right is left alone.
//   mend  SDN-IP active, interfaces and speaker in the network configuration; waits until every peer's intents are INSTALLED and every
//         session is Established.
//   up    then waits until every prefix that a router announces is an INSTALLED intent by which all other routers reach it.
//         Not part of `mend`, because somebody may have blocked or withdrawn a prefix meanwhile: it would be put back.
//   down  takes back what was given, and what SDN-IP leaves behind: WITHDRAWN intents and the routers as hosts.
// LAB_BGP/activated is there while SDN-IP is active because of us.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { announced, idleSessions, inside, routers, speaker, unanswered } from './bgp-state.mjs';
import { main, onosAt, untilDeadline } from './onos-rest.mjs';

const SDNIP = 'org.onosproject.sdnip';
const ROUTER = 'org.onosproject.router';
const ACTIVATED = `${process.env.LAB_BGP}/activated`;
const INTENTS_A_PEER = 6; // BGP from either end, and ICMP, both ways
const PATIENCE_MS = 3_000; // what was just announced is an intent after 0.2 s
const UNUSED = { device: speaker.device, port: 99 };

const [direction, url, seconds] = process.argv.slice(2);
const call = onosAt(url);
const until = untilDeadline(Number(seconds));

const connectPoint = ({ device, port }) => `${device}/${port}`;
const wantedPorts = routers.map((router) => [
  connectPoint(router),
  { interfaces: [{ name: router.name, ips: [`${router.peer}/${router.length}`], mac: speaker.mac }] },
]);
const wantedSpeakers = [{ name: speaker.name, connectPoint: connectPoint(speaker), peers: routers.map(({ address }) => address) }];

const configuration = () => call('GET', 'network/configuration');
const configure = (part) => call('POST', 'network/configuration', part);
const forgetInterfaces = (port) => call('DELETE', `network/configuration/ports/${encodeURIComponent(port)}/interfaces`);
const sdnipIntents = async () => (await call('GET', 'intents')).intents.filter(({ appId }) => appId === SDNIP);

async function activate() {
  if ((await call('GET', `applications/${SDNIP}`)).state === 'ACTIVE') return null;
  await call('POST', `applications/${SDNIP}/active`);
  writeFileSync(ACTIVATED, '');
  return 'not active';
}

/** Posted only where it differs: an interface that is new makes SDN-IP submit all its routes again. */
async function introduce() {
  const { ports, apps } = await configuration();
  const same = (a, b) => a !== undefined && JSON.stringify(a) === JSON.stringify(b);
  const missing = wantedPorts.filter(([port, { interfaces }]) => !same(ports?.[port]?.interfaces, interfaces));
  if (missing.length > 0) await configure({ ports: Object.fromEntries(missing) });
  if (!same(apps?.[ROUTER]?.bgp?.bgpSpeakers, wantedSpeakers))
    await configure({ apps: { [ROUTER]: { bgp: { bgpSpeakers: wantedSpeakers } } } });
  return null;
}

/**
 * SDN-IP waits until it has met a next hop, and ONOS forgets whom it met when it restarts or loses a port. It asks every 30 s; a router
 * that has forgotten the speaker's MAC asks at once, and ONOS hears it.
 */
async function meet() {
  const { hosts } = await call('GET', 'hosts');
  const strangers = routers.filter(({ address }) => !hosts.some(({ ipAddresses }) => ipAddresses.includes(address)));
  for (const { name, peer } of strangers) {
    await inside(name, 'ip', 'neigh', 'flush', 'to', peer);
    await inside(name, 'ping', '-qc1', '-W1', peer).catch(() => undefined);
  }
  return strangers.map(({ name }) => name).join(', ') || null;
}

/** SDN-IP submits all routes again, so also those that were withdrawn by REST, or cut when a sibling was withdrawn. */
async function resubmit() {
  const port = connectPoint(UNUSED);
  await configure({ ports: { [port]: { interfaces: [{ name: 'lab-resubmit' }] } } }); // one without a name stays an ingress for ever
  await forgetInterfaces(port);
}

async function mend() {
  await until('SDN-IP', activate);
  await until('its configuration', introduce);
  await until('next hops unknown', meet);
  await until('peers', async () => {
    const peers = (await sdnipIntents()).filter(({ type }) => type === 'PointToPointIntent');
    const bad = peers.filter(({ state }) => state !== 'INSTALLED').map(({ key, state }) => `${key} ${state}`);
    return peers.length < INTENTS_A_PEER * routers.length ? `${peers.length} intents` : bad.join(', ') || null;
  });
  await until('BGP sessions', async () => (await idleSessions()).join(', ') || null);
}

async function up() {
  await mend();
  let since = Date.now();
  await until('routes', async () => {
    const states = new Map((await sdnipIntents()).map(({ key, state }) => [key, state]));
    const absent = (await announced()).filter(({ prefix }) => states.get(prefix) !== 'INSTALLED');
    const bad = absent.length > 0 ? absent.map(({ prefix }) => `${prefix} ${states.get(prefix) ?? 'absent'}`) : await unanswered();
    if (bad.length === 0) return null;
    if (Date.now() - since > PATIENCE_MS) {
      await resubmit();
      since = Date.now();
    }
    return bad.join(', ');
  });
}

async function down() {
  const { ports, apps } = await configuration();
  if (apps?.[ROUTER]?.bgp !== undefined) await call('DELETE', `network/configuration/apps/${ROUTER}/bgp`);
  for (const [port] of wantedPorts) if (ports?.[port]?.interfaces !== undefined) await forgetInterfaces(port);
  await until('routes withdrawn', async () => {
    const { ipv4 } = await call('GET', '/routeservice/routes');
    const left = ipv4.filter(({ nextHop }) => routers.some(({ address }) => address === nextHop));
    return left.map(({ prefix }) => prefix).join(', ') || null;
  });
  await until('intents withdrawn', async () => {
    const left = (await sdnipIntents()).filter(({ state }) => state !== 'WITHDRAWN' && state !== 'FAILED');
    return left.map(({ key, state }) => `${key} ${state}`).join(', ') || null;
  });
  if (existsSync(ACTIVATED)) {
    await call('DELETE', `applications/${SDNIP}/active`);
    rmSync(ACTIVATED);
  }
  await until('intents purged', async () => {
    const left = await sdnipIntents();
    await Promise.all(left.map(({ key }) => call('DELETE', `intents/${SDNIP}/${encodeURIComponent(key)}`)));
    return left.map(({ key }) => key).join(', ') || null;
  });
  const macs = [speaker, ...routers].map(({ mac }) => mac);
  await until('hosts forgotten', async () => {
    const left = (await call('GET', 'hosts')).hosts.filter(({ mac }) => macs.includes(mac.toLowerCase()));
    await Promise.all(left.map(({ mac, vlan }) => call('DELETE', `hosts/${mac}/${vlan}`)));
    return left.map(({ mac }) => mac).join(', ') || null;
  });
}

await main({ up, mend, down }[direction]);
