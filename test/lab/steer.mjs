// steer.mjs ONOS_URL SECONDS: waits until ONOS has all devices and links, then sees to it that every tenant is known as a host and
// reached by everyone over the direct link: one MultiPointToSinglePoint intent per destination MAC (so for v4 and v6 alike).
// Safe to repeat: what is right is left alone; an intent that stayed on a detour after a lost link is posted anew, and a rule that outlived
// its intent and stands in the tenants' way is removed: ONOS keeps one whose switch was away when the intent left it, and puts it back.
import { main, onosAt, untilDeadline } from './onos-rest.mjs';
import { readTopology } from './read-topology.mjs';

const APP = 'org.onosproject.cli'; // ONOS refuses intents of an appId that it does not know
const PRIORITY = 100; // below Guardpost's drop rules (741..999)
const SWITCHING = 'org.onosproject.net.intent'; // owner of the rules that intents become

const call = onosAt(process.argv[2]);
const until = untilDeadline(Number(process.argv[3]));
const { boxes, tenants } = readTopology(new URL('topology.txt', import.meta.url));
const wantedLinks = boxes.flatMap((b) => b.ports).filter((p) => p.kind !== 'ns').length;

const connectPoint = (t) => ({ device: t.device, port: String(t.ofport) });

function postHosts() {
  const hosts = tenants.map((t) => [
    `${t.mac}/None`,
    { basic: { name: t.name, ips: [t.v4, t.v6], locations: [`${t.device}/${t.ofport}`] } },
  ]);
  return call('POST', 'network/configuration', { hosts: Object.fromEntries(hosts) });
}

const postIntent = (to) =>
  call('POST', 'intents', {
    type: 'MultiPointToSinglePointIntent',
    appId: APP,
    key: `to-${to.name}`,
    priority: PRIORITY,
    selector: { criteria: [{ type: 'ETH_DST', mac: to.mac }] },
    treatment: { instructions: [] },
    ingressPoint: tenants.filter((t) => t !== to).map(connectPoint),
    egressPoint: connectPoint(to),
  });

/** The port by which `box` should send to `tenant`: its own, or the link to the tenant's box. */
const wayOut = (box, tenant) =>
  box.id === tenant.box ? tenant.ofport : box.ports.find((p) => p.kind !== 'ns' && p.peer === tenant.box)?.ofport;

const number = (v4) => v4.split('.').reduce((n, byte) => n * 256 + Number(byte), 0);
function holds(prefix, v4) {
  const [network, length] = prefix.split('/');
  const size = 2 ** (32 - Number(length));
  return Math.floor(number(network) / size) === Math.floor(number(v4) / size);
}
/** Whether a rule could take a tenant's packet away from the tenant's own rule. Unknown criteria may match. */
function inTheWay({ priority, selector: { criteria } }) {
  const lets = (tenant) =>
    criteria.every(({ type, mac, ip }) => {
      if (type === 'ETH_DST') return mac.toLowerCase() === tenant.mac;
      if (type === 'IPV4_DST') return holds(ip, tenant.v4);
      return type !== 'VLAN_VID' && type !== 'IPV6_DST';
    });
  return priority > PRIORITY && tenants.some(lets);
}
/** Of the rules that are in the way those that no intent has any more. */
async function orphans(rules) {
  const suspects = rules.filter(inTheWay);
  if (suspects.length === 0) return [];
  const { intents } = await call('GET', 'intents');
  const owned = new Set();
  for (const { appId, key } of intents.filter((i) => i.appId !== APP || !tenants.some((t) => i.key === `to-${t.name}`))) {
    const { paths } = await call('GET', `intents/relatedflows/${appId}/${encodeURIComponent(key)}`).catch(() => ({ paths: [] }));
    for (const rule of paths.flat()) owned.add(`${rule.deviceId} ${rule.id}`);
  }
  return suspects.filter((rule) => !owned.has(`${rule.deviceId} ${rule.id}`));
}

/** Tenants whose rules are missing somewhere or take a detour. */
function astray(rules) {
  return tenants.filter((tenant) =>
    boxes.some((box) => {
      const here = rules.filter(
        (rule) =>
          rule.deviceId === box.device && rule.selector.criteria.some((c) => c.type === 'ETH_DST' && c.mac.toLowerCase() === tenant.mac),
      );
      const outs = here.flatMap((r) => r.treatment.instructions.filter((i) => i.type === 'OUTPUT').map((i) => i.port));
      return outs.length === 0 || outs.some((port) => Number(port) !== wayOut(box, tenant));
    }),
  );
}

await main(async () => {
  await until('ONOS', async () => (await call('GET', 'devices'), null));
  await until('devices', async () => {
    const { devices } = await call('GET', 'devices');
    const here = boxes.filter((b) => devices.some((d) => d.id === b.device && d.available));
    return here.length === boxes.length ? null : `${here.length} of ${boxes.length} available`;
  });
  await until('links', async () => {
    const { links } = await call('GET', 'links');
    const active = links.filter((l) => l.state === 'ACTIVE').length;
    return active >= wantedLinks ? null : `${active} of ${wantedLinks}`;
  });
  await until('hosts', async () => {
    const { hosts } = await call('GET', 'hosts');
    const missing = tenants.filter((t) => !hosts.some((h) => h.mac.toLowerCase() === t.mac && h.ipAddresses.length >= 2));
    if (missing.length === 0) return null;
    await postHosts();
    return `${missing.length} unknown`;
  });
  let patience = 0;
  await until('intents', async () => {
    const { intents } = await call('GET', 'intents');
    const state = (t) => intents.find((i) => i.appId === APP && i.key === `to-${t.name}`)?.state;
    const { flows } = await call('GET', `flows/application/${SWITCHING}`).catch(() => ({ flows: [] }));
    const lost = new Set(astray(flows));
    const bad = tenants.filter((t) => state(t) !== 'INSTALLED' || lost.has(t));
    if (bad.length === 0) return null;
    // What was just posted gets two seconds to be compiled and installed before it is posted again.
    if (patience-- <= 0) {
      for (const tenant of bad) await postIntent(tenant);
      patience = 10;
    }
    return `not right yet: ${bad.map((t) => `${t.name} ${state(t) ?? 'absent'}`).join(', ')}`;
  });
  await until('rules of intents that are gone', async () => {
    const { flows } = await call('GET', `flows/application/${SWITCHING}`);
    const found = await orphans(flows);
    for (const rule of found) {
      console.error(
        `lab: ${rule.deviceId} has a rule of no intent in the tenants' way: ${JSON.stringify(rule.selector.criteria)}, removed`,
      );
      await call('DELETE', `flows/${encodeURIComponent(rule.deviceId)}/${rule.id}`);
    }
    return found.length === 0 ? null : `${found.length} in the tenants' way`;
  });
});
