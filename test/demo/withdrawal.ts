import type { Lab } from '../lab/lab.js';
import type { Api } from '../system/api.js';
import { LongPing } from '../system/hosts.js';
import { waitFor } from '../system/wait-for.js';
import { chapter, tell } from './story.js';

const [ROUTER, FROM, SOURCE] = ['gist1-router', 'gist2-router', '203.0.113.66'];

/** A prefix of 2017 is isolated by withdrawing its route intent, while another one by the same next hop goes on; then it comes back. */
export async function withdrawal(lab: Lab, api: Api): Promise<void> {
  chapter('A prefix is isolated: its route intent is withdrawn');
  const missing = await lab.bgpMissing();
  if (missing !== undefined) return tell(`left out: ${missing}`);
  tell('starting a BGP speaker and four routers of other ASes; SDN-IP turns their routes into intents');
  await lab.startBgp();
  const { namespace, prefixes } = lab.router(ROUTER);
  const [victim, sibling] = [prefixes[0]!, prefixes[1]!];
  tell(`${ROUTER} announces ${prefixes.map((p) => p.prefix).join(', ')}: one next hop, shared rules`);
  const from = lab.router(FROM);
  const reach = async (): Promise<string> => `${await lab.ping(from, SOURCE, victim.address, 3)} of 3 pings come back`;
  tell(`${FROM} (${SOURCE}) to ${victim.address}: ${await reach()}`);
  const bystander = new LongPing(lab, from.namespace, sibling.address, 20, SOURCE);
  const began = performance.now();
  const made = await api.create({ target: { prefix: victim.prefix }, actions: ['withdraw-intent'], ttlSeconds: 600, reason: 'the demo' });
  const held = await waitFor(
    'the withdrawal',
    async () => {
      const m = await api.mitigation(made.id);
      return m.state === 'active' && m;
    },
    { everyMs: 20 },
  );
  const intent = held.placements.find((p) => p.role === 'intent')?.intent;
  tell(
    `withdrawn after ${(performance.now() - began).toFixed(0)} ms: ${intent?.rules ?? 0} rules recorded, ${intent?.siblings.length ?? 0} siblings kept`,
  );
  tell(`${FROM} to ${victim.address}: ${await reach()}`);
  await lab.unannounce(ROUTER, victim.prefix);
  await lab.announce(ROUTER, victim.prefix);
  const back = await waitFor(
    'the route, announced again, withdrawn again',
    async () => {
      const m = await api.mitigation(made.id);
      return m.state === 'active' && (m.placements.find((p) => p.role === 'intent')?.drifts ?? 0) > 0 && m;
    },
    { seconds: 30 },
  );
  tell(
    `the route was withdrawn and announced again: the intent came back and was taken out again (drift ${back.placements.find((p) => p.role === 'intent')?.drifts ?? 0})`,
  );
  tell(`${FROM} to ${victim.address}: ${await reach()}`);
  await api.lift(made.id, { reason: 'end of the story', muteSeconds: 0 });
  await waitFor('the lift', async () => (await api.mitigation(made.id)).state === 'lifted', { seconds: 30 });
  tell(`lifted: SDN-IP has submitted it again. ${FROM} to ${victim.address}: ${await reach()}`);
  const { sent, received } = await bystander.stop();
  tell(`meanwhile ${FROM} to ${sibling.address}, by the same next hop: ${received} of ${sent} pings came back`);
  if (received !== sent) process.exitCode = 1;
  tell(`by hand    nsenter --net=${lab.netnsPath(namespace)} ip addr show lo`);
}
