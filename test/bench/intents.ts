import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unwrap, type OnosClient } from '@guardpost/intents';
import type { MitigationDetail, MitigationState } from '@guardpost/contracts';
import type { Lab } from '../lab/lab.js';
import type { Api } from '../system/api.js';
import { waitFor } from '../system/wait-for.js';
import { clientOf, onSite } from './bench-lab.js';
import { Bystander } from './bystander.js';
import { alone, median, quantile, type Report } from './result.js';

const SDNIP = 'org.onosproject.sdnip';
/** How many at once, and how often. */
const BATCHES = [
  { size: 1, rounds: 40 },
  { size: 20, rounds: 5 },
  { size: 200, rounds: 3 },
] as const;
const WARM_UP_ROUNDS = 3;
const ROUTES = Math.max(...BATCHES.map((b) => b.size));
const ROUTER = 'gist1-router';
const PATIENCE_MS = 120_000;

/**
 * Withdrawal of route intents of a live SDN-IP and their return, asked for by one request an intent, all of a batch at once:
 * from the request until its mitigation is active, guards, stand-ins and the intent itself confirmed, or lifted. All routes
 * lead to one router, so that their intents share rules, and its other prefixes are pinged meanwhile.
 */
export const run = (report: Report): Promise<void> =>
  onSite({ onos: 'real', bgp: true }, async ({ lab, api }) => {
    const onos = clientOf(lab);
    api.http.defaults.timeout = PATIENCE_MS; // an answer may take long: that is measured, too
    try {
      const prefixes = await announceMany(lab, onos);
      for (let i = 0; i < WARM_UP_ROUNDS; i++) await round(lab, api, prefixes.slice(0, 1));
      for (const { size, rounds } of BATCHES) {
        const done: Round[] = [];
        for (let i = 0; i < rounds; i++) done.push(await round(lab, api, prefixes.slice(-size)));
        for (const way of ['withdraw', 'restore'] as const) tell(report, way, size, done);
        const [lost, sent] = (['lost', 'sent'] as const).map((of) => done.reduce((sum, r) => sum + r[of], 0));
        report(alone(`intent.siblings_${size}_lost`, lost ?? NaN, 'pings', sent ?? NaN));
      }
      await installed(onos, prefixes);
    } finally {
      onos.close();
    }
  });

interface Round {
  /** Milliseconds, one an intent. */
  readonly withdraw: readonly number[];
  readonly restore: readonly number[];
  /** Pings between routers to prefixes that are not withdrawn. */
  readonly sent: number;
  readonly lost: number;
}

function tell(report: Report, way: 'withdraw' | 'restore', size: number, rounds: readonly Round[]): void {
  const each = rounds.flatMap((r) => r[way]);
  const of = size === 1 ? '' : `${size}_`;
  if (size > 1) report(alone(`intent.${way}_${size}_ms`, median(rounds.map((r) => Math.max(...r[way]))), 'ms', rounds.length));
  report(alone(`intent.${way}_${of}p50_ms`, median(each), 'ms', each.length));
  report(alone(`intent.${way}_${of}p99_ms`, quantile(each, 0.99), 'ms', each.length));
}

async function round(lab: Lab, api: Api, prefixes: readonly string[]): Promise<Round> {
  const router = lab.router(ROUTER);
  const others = ['gist2-router', 'skku-router'].map((name) => lab.router(name));
  const pings = others.flatMap((from) =>
    router.prefixes.slice(0, 2).map(({ address }) => new Bystander(lab, from.namespace, from.prefixes[0]?.address ?? '', address)),
  );
  const asked = await Promise.all(
    prefixes.map(async (prefix) => {
      const at = performance.timeOrigin + performance.now();
      const { id } = await api.create({ target: { prefix }, actions: ['withdraw-intent'], ttlSeconds: 3_600, reason: 'bench' });
      return { id, at };
    }),
  );
  await settled(api, asked, 'active');
  const withdraw = await times(api, asked, 'active');
  const again = await Promise.all(
    asked.map(async ({ id }) => {
      const at = performance.timeOrigin + performance.now();
      await api.lift(id, { muteSeconds: 0 });
      return { id, at };
    }),
  );
  await waitFor('all lifted', async () => (await api.mitigations('&live=true')).length === 0, {
    seconds: PATIENCE_MS / 1_000,
    everyMs: 250,
  });
  const restore = await times(api, again, 'lifted');
  const counts = await Promise.all(pings.map((p) => p.stop()));
  const sum = (of: 'sent' | 'lost'): number => counts.reduce((all, c) => all + c[of], 0);
  return { withdraw, restore, sent: sum('sent'), lost: sum('lost') };
}

interface Asked {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Asked for seldom: the bridge has better to do. */
const settled = (api: Api, all: readonly Asked[], state: MitigationState): Promise<unknown> =>
  waitFor(
    `${all.length} ${state}`,
    async () => {
      const now = new Map((await api.mitigations('&live=true')).map((m) => [m.id, m.state]));
      return all.every(({ id }) => now.get(id) === state);
    },
    { seconds: PATIENCE_MS / 1_000, everyMs: 250 },
  );

/** From each request to the time that the ledger has of its end: both clocks are this machine's. */
async function times(api: Api, all: readonly Asked[], state: MitigationState): Promise<number[]> {
  const found: number[] = [];
  for (const { id, at } of all) found.push(reached(await api.mitigation(id), state) - at);
  return found;
}

function reached({ id, transitions }: MitigationDetail, state: MitigationState): number {
  const first = transitions.find((t) => t.to === state);
  if (first === undefined) throw new Error(`mitigation ${id} never was ${state}`);
  return first.at / 1_000;
}

/** Makes one router announce them all in one go; returns when each is an installed intent. */
async function announceMany(lab: Lab, onos: OnosClient): Promise<string[]> {
  const prefixes = Array.from({ length: ROUTES }, (_, i) => `116.90.${i >> 6}.${(i & 63) * 4}/30`);
  const { name, as } = lab.router(ROUTER);
  const folder = join(readFileSync(join(lab.dir, 'bgp', 'run'), 'utf8').trim(), name);
  const commands = ['configure terminal', `router bgp ${as}`, 'address-family ipv4 unicast', ...prefixes.map((p) => `network ${p}`)];
  const vtysh = ['vtysh', '--vty_socket', folder, '--config_dir', folder];
  await lab.exec(name, [...vtysh, ...commands.flatMap((c) => ['-c', c])], { check: true });
  await installed(onos, prefixes);
  return prefixes;
}

const installed = (onos: OnosClient, prefixes: readonly string[]): Promise<unknown> =>
  waitFor(
    'every route an installed intent',
    async () => {
      const states = new Map((await unwrap(onos.intents.ofApp(SDNIP))).map((i) => [i.key, i.state]));
      return prefixes.every((p) => states.get(p) === 'INSTALLED');
    },
    { seconds: 60, everyMs: 250 },
  );
