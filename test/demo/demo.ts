import { Lab } from '../lab/lab.js';
import { boxesMissing } from '../system/available.js';
import { LongPing, ping } from '../system/hosts.js';
import { Site } from '../system/site.js';
import { waitFor } from '../system/wait-for.js';
import { SUSPICIOUS_2017 } from './seed.js';
import { chapter, tell, tellTrace } from './story.js';
import { withdrawal } from './withdrawal.js';

const ATTACKER = SUSPICIOUS_2017[1];
const HOST = 'gist1-h1';

const ONOS_OF = {
  own: 'ONOS: a real one, from its tarball',
  external: 'ONOS: the one at ONOS_URLS',
  embedded: 'ONOS: the embedded stand-in; for a real one set ONOS_DIST to a folder with its tarball, or ONOS_URLS to one that runs',
  none: 'ONOS: none',
} as const;

async function demo(): Promise<void> {
  const missing = boxesMissing();
  if (missing !== undefined) {
    process.stderr.write(`demo: ${missing}\n`);
    process.exitCode = 1;
    return;
  }
  chapter('The site');
  tell('starting ONOS, Redis and four boxes; the first start takes about a minute');
  const lab = await Lab.up({ name: process.env['GUARDPOST_LAB'] ?? 'gp' });
  tell(ONOS_OF[lab.description.onosMode]);
  const site = new Site(lab);
  const api = await site.start();
  for (const m of await api.mitigations('&live=true')) await api.lift(m.id, { muteSeconds: 0, reason: 'the demo begins again' });
  await waitFor('a calm network', async () => (await api.mitigations('&live=true')).length === 0, { seconds: 30 });
  for (const b of lab.boxes) tell(`${b.id.padEnd(6)} ${b.bridge} ${b.device}  tracer pid ${site.tracer(b.id).pid}`);

  chapter('Ordinary traffic');
  const bystander = new LongPing(lab, 'gist1-h2', '198.18.0.1');
  tell('gist1-h2 pings 198.18.0.1 beyond the gateway, twenty times a second, until the end of the story');
  tell(`${HOST} and ${ATTACKER}: ${await ping(lab, HOST, ATTACKER)} of 3 pings come back`);

  chapter('Indicators');
  const indicators = await api.addIndicators(
    SUSPICIOUS_2017.map((prefix) => ({ prefix, note: 'suspicious in 2017' })),
    'monitoring-post-2017',
  );
  tell(`${indicators.length} addresses of the 2017 suspicious files are listed`);
  await waitFor(
    'the watch list on the boxes',
    async () => {
      const versions = (await api.boxes()).map((b) => b.heartbeat?.watchVersion ?? 0);
      return new Set(versions).size === 1 && versions[0] !== 0;
    },
    { everyMs: 1_100 },
  );
  tell('every box watches for them');

  chapter(`The attack: ${HOST} talks to ${ATTACKER} (tap-drop is off: the switch alone stops it)`);
  const attack = new LongPing(lab, HOST, ATTACKER);
  const blocked = await waitFor(
    'the first drop counted in the switch',
    async () => {
      const m = await api.mitigationOf(`${ATTACKER}/32`);
      return m?.state === 'active' && m.trace.firstHit.at !== null && m;
    },
    { seconds: 30 },
  );
  tellTrace(blocked);
  for (const p of blocked.placements)
    tell(`rule ${p.flowId} on ${p.device}: drop ${p.side} ${ATTACKER}${p.inPort === null ? '' : ` entering at port ${p.inPort}`}`);
  tell(`${HOST} and ${ATTACKER}: ${await ping(lab, HOST, ATTACKER)} of 3 pings come back`);

  chapter('The lift');
  await attack.stop();
  await api.lift(blocked.id, { reason: 'end of the story', muteSeconds: 5 });
  await waitFor('the lift', async () => (await api.mitigation(blocked.id)).state === 'lifted');
  tell(`${HOST} and ${ATTACKER}: ${await ping(lab, HOST, ATTACKER)} of 3 pings come back`);
  const { sent, received } = await bystander.stop();
  tell(`meanwhile the ordinary traffic: ${received} of ${sent} pings came back`);
  if (received !== sent) process.exitCode = 1;

  await withdrawal(lab, api);

  chapter('It all goes on running');
  tell(`API        ${api.url}/api/v1/mitigations   Authorization: Bearer $(cat ${site.files.folder}/token)`);
  tell(`API docs   ${api.url}/api/docs`);
  tell(`ONOS       ${lab.onosUrl}/onos/v1/docs   onos / rocks`);
  tell(`Redis      ${lab.redisUrl}`);
  tell(`logs       ${site.files.folder}/*.log, suspicious packets in ${site.files.folder}/state/*/`);
  tell(`a host     nsenter --net=${lab.netnsPath(HOST)} ping ${ATTACKER}`);
  tell('the end    make stop');
}

await demo();
