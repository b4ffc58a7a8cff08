import { readFileSync } from 'node:fs';
import { MitigationList, type MitigationDetail } from '@guardpost/contracts';
import { isRight } from 'fp-ts/lib/Either.js';
import type { Lab } from '../lab/lab.js';
import type { Api } from '../system/api.js';
import type { Site } from '../system/site.js';
import { waitFor } from '../system/wait-for.js';
import { onSite } from './bench-lab.js';
import { alone, quantile, type Report } from './result.js';

const ATTACKS = 100;

/** Time to mitigate on the embedded ONOS: each attack from a new address, tap-drop off, one packet each. */
export const onEmbedded = (report: Report): Promise<void> =>
  onSite({ onos: 'embedded' }, async ({ lab, api }) => tell(report, 'mitigate.', await attacks(lab, api)));

/** The same on a real one, and what the apps hold of memory after it. */
export const onReal = (report: Report): Promise<void> =>
  onSite({ onos: 'real' }, async ({ lab, api, site }) => {
    tell(report, 'mitigate.onos.', await attacks(lab, api));
    memory(report, site);
  });

function tell(report: Report, of: string, done: readonly MitigationDetail[]): void {
  for (const [name, at] of LEGS) {
    const times = done.map((m) => m.trace[at].sinceFirstMs).filter((ms) => ms !== null);
    report(alone(`${of}${name}p50_ms`, quantile(times, 0.5), 'ms', times.length));
    report(alone(`${of}${name}p99_ms`, quantile(times, 0.99), 'ms', times.length));
  }
}

/** What the apps hold after the attacks. */
function memory(report: Report, site: Site): void {
  const tracers = [...site.tracers.values()].map((s) => residentMb(s.pid));
  report(alone('tracer.rss_mb', Math.max(...tracers), 'MB', tracers.length));
  report(alone('bridge.rss_mb', residentMb(site.bridge().pid), 'MB', 1));
}

/** From the first packet to each point; the empty name is the whole path, to the event of the switch. */
const LEGS = [
  ['queued.', 'queued'],
  ['received.', 'received'],
  ['decided.', 'decided'],
  ['accepted.', 'accepted'],
  ['', 'confirmed'],
] as const;

async function attacks(lab: Lab, api: Api): Promise<MitigationDetail[]> {
  await warmOnos(api);
  await api.addIndicators([{ prefix: '198.51.100.0/24' }]);
  const host = 'gist1-h1';
  let before = '';
  await waitFor(
    'the watch list on the boxes',
    async () => {
      const now = (await api.boxes()).map((b) => b.heartbeat?.watchVersion ?? 0).join();
      const settled = now === before && new Set(now.split(',')).size === 1;
      before = now;
      return settled;
    },
    { everyMs: 1_500 },
  );
  const warmUp = 10;
  for (let i = 0; i < ATTACKS + warmUp; i++) {
    const address = `198.51.100.${i + 1}`;
    await lab.exec(host, ['ping', '-n', '-q', '-c', '1', '-W', '1', address]);
    await quiet(); // nobody asks the bridge anything while it is measured
    await waitFor(`${address} blocked`, async () => (await newest(api)) === `${address}/32`, { everyMs: 100 });
  }
  const all = await Promise.all(Array.from({ length: ATTACKS }, (_, i) => api.mitigationOf(`198.51.100.${i + 1 + warmUp}/32`)));
  return all.filter((m) => m !== undefined);
}

const WARM_UP_RULES = 600;

/** ONOS was started a minute ago: its compiler has not met the path of a rule yet. Rules that go in and out again, as on a network that has been up for a while. */
async function warmOnos(api: Api): Promise<void> {
  const made: string[] = [];
  for (let i = 0; i < WARM_UP_RULES / 2; i++) {
    const places = [{ box: 'gist1' }];
    const target = { prefix: `198.19.${i >> 8}.${i & 255}` };
    made.push((await api.create({ target, actions: ['drop-flow'], ttlSeconds: 600, reason: 'warm-up', places })).id);
  }
  for (const id of made) await api.lift(id);
  await waitFor('the end of the warm-up', async () => (await api.mitigations('&live=true')).length === 0, { seconds: 60, everyMs: 500 });
}

const QUIET_MS = 250;
const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, QUIET_MS));

/** The target of the newest mitigation, once it is active. */
async function newest(api: Api): Promise<string | undefined> {
  const { data } = await api.http.get<unknown>('/api/v1/mitigations?limit=1');
  const decoded = MitigationList.decode(data);
  const first = isRight(decoded) ? decoded.right.items[0] : undefined;
  return first?.state === 'active' ? first.target.prefix : undefined;
}

function residentMb(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? NaN) / 1024;
}
