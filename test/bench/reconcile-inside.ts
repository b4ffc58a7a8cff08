import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { createOnosClient, unwrap } from '@guardpost/intents';
import { Logger } from '@nestjs/common';
import { Boxes } from '../../apps/controller-bridge/src/boxes/boxes.service.js';
import { FlowEnforcer } from '../../apps/controller-bridge/src/enforcement/flow-enforcer.service.js';
import { FlowEvents } from '../../apps/controller-bridge/src/enforcement/flow-events.js';
import { Reconciler } from '../../apps/controller-bridge/src/enforcement/reconciler.service.js';
import { rulesOfApp } from '../../apps/controller-bridge/src/enforcement/rules-of-app.js';
import { ScopeKeeper } from '../../apps/controller-bridge/src/enforcement/scope-keeper.js';
import { flowPlacements } from '../../apps/controller-bridge/src/enforcement/work.js';
import { Inventory } from '../../apps/controller-bridge/src/inventory/inventory.service.js';
import { Ledger } from '../../apps/controller-bridge/src/ledger/ledger.service.js';
import { APP_ID } from '../../apps/controller-bridge/src/mitigations/flow-rule.js';
import { insertMitigation, insertPlacements } from '../../apps/controller-bridge/src/mitigations/mitigation.store.js';
import { Places } from '../../apps/controller-bridge/src/mitigations/places.js';
import { PolicyInForce } from '../../apps/controller-bridge/src/policy/policy-in-force.js';
import { Protection } from '../../apps/controller-bridge/src/policy/protection.service.js';
import { Guards } from '../../apps/controller-bridge/src/withdrawals/guards.js';
import { IntentEnforcer } from '../../apps/controller-bridge/src/withdrawals/intent-enforcer.service.js';
import { waitFor } from '../system/wait-for.js';

// Prints Measured as JSON. The one argument: what reconcile.ts calls a job.

export interface Pass {
  readonly ms: number;
  /** The longest that nothing else of the process had a turn. */
  readonly blockMs: number;
}
interface Size {
  readonly rules: number;
  /** Sent to ONOS, answered and in the ledger. */
  readonly placedMs: number;
  /** A pass that writes something of every rule. */
  readonly confirming: Pass;
  readonly passes: readonly Pass[];
  /** What asking ONOS and decoding take of a pass; the bytes of its answer, and their time without client and decoding. */
  readonly readMs: readonly number[];
  readonly answerBytes: number;
  readonly rawMs: number;
  readonly rssMb: number;
}
export interface Measured {
  readonly sizes: readonly Size[];
  readonly restoredMs: number;
  readonly restoring: Pass | undefined;
}
interface Job {
  readonly onosUrl: string;
  readonly user: string;
  readonly password: string;
  readonly boxes: readonly { readonly id: string; readonly device: string }[];
  readonly scratch: string;
  readonly sizes: readonly number[];
  readonly passes: number;
}

const { onosUrl, user, password, boxes, scratch, sizes, passes } = JSON.parse(process.argv[2] ?? '') as Job;
Logger.overrideLogger(false);
const ledger = await Ledger.open(join(scratch, 'ledger.db'));
const onos = createOnosClient({ urls: [onosUrl], user, password });
const inventory = new Inventory(onos, (device) => boxes.find((b) => b.device === device)?.id ?? null);
const enforcer = new FlowEnforcer(onos, ledger, inventory, new FlowEvents());
const places = new Places(
  new Boxes(
    boxes.map(({ id, device }) => ({ id, site: id, devices: [device] })),
    ledger,
  ),
  inventory,
);
const reconciler = new Reconciler(onos, ledger, inventory, {
  enforcer,
  intents: new IntentEnforcer(onos, ledger, inventory, enforcer),
  scopes: new ScopeKeeper(ledger, places, new Guards(places)),
  protection: new Protection(onos, new PolicyInForce({ rules: [], neverBlock: [], widest: { v4: 24, v6: 48 }, maxLive: 100_000 }), ledger),
});
const held = { of: 'held', states: ['requested'] } as const;
/** Of the enforcement. */
const TICK_MS = 250;

/** Mitigations of one box each, two rules a mitigation, until there are so many rules. */
async function want(from: number, rules: number): Promise<void> {
  const now = Date.now() * 1_000;
  for (let i = from / 2; i < rules / 2; i++) {
    const { id: box, device } = boxes[i % boxes.length]!;
    const target = { prefix: `10.${100 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}/32`, proto: null, port: null };
    const actions = ['drop-flow'] as const;
    const made = { target, actions, scope: 'nearest', reason: 'bench', by: 'bench', offence: 0, ttlSeconds: 86_400, now } as const;
    const written = ledger.write(async (db) => {
      const { id } = await insertMitigation(db, made);
      const sides = (['from', 'to'] as const).map((side) => ({ action: 'drop-flow' as const, box, device, inPort: null, side }));
      await insertPlacements(db, { id, target }, sides, now);
    });
    if (i % 200 === 199 || i + 1 >= rules / 2) await written;
  }
}

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

async function pass(): Promise<Pass> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await sleep(5);
  delay.reset();
  const ms = await timed(() => reconciler.pass(() => true));
  await sleep(5);
  delay.disable();
  if (reconciler.problems.length > 0) throw new Error(reconciler.problems.join());
  return { ms, blockMs: delay.max / 1e6 };
}

async function raw(): Promise<{ answerBytes: number; rawMs: number }> {
  const start = performance.now();
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const answer = await fetch(`${onosUrl}/onos/v1/flows/application/${APP_ID}`, { headers: { authorization } });
  const { byteLength } = await answer.arrayBuffer();
  return { answerBytes: byteLength, rawMs: performance.now() - start };
}

/** ONOS calls a rule ADDED at its poll. */
const added = (rules: number): Promise<unknown> =>
  waitFor(`${rules} rules ADDED`, async () => (await rulesOfApp(onos)).filter((f) => f.state === 'ADDED').length === rules, {
    seconds: 120,
    everyMs: 1_000,
  });

async function sized(before: number, rules: number): Promise<Size> {
  await want(before, rules);
  const placedMs = await timed(async () => enforcer.place(await flowPlacements(ledger, held)));
  await added(rules);
  const confirming = await pass();
  await pass();
  const done: Pass[] = [];
  const readMs: number[] = [];
  for (let i = 0; i < passes; i++) {
    await sleep(300);
    done.push(await pass());
    readMs.push(await timed(() => rulesOfApp(onos)));
  }
  const rssMb = process.memoryUsage.rss() / 2 ** 20;
  return { rules, placedMs, confirming, passes: done, readMs, rssMb, ...(await raw()) };
}

const found: Size[] = [];
let restoredMs: number;
let restoring: Pass | undefined;
try {
  await inventory.readAll();
  for (const rules of sizes) found.push(await sized(found.at(-1)?.rules ?? 0, rules));
  const all = sizes.at(-1) ?? 0;
  await unwrap(onos.flows.removeByApp(APP_ID));
  await waitFor('no rule of ours', async () => (await rulesOfApp(onos)).length === 0, { seconds: 60, everyMs: 500 });
  restoredMs = await timed(async () => {
    const passing = pass();
    for (;;) {
      // As the enforcement does at its tick, while the reconciler is at it.
      await enforcer.place(await flowPlacements(ledger, { ...held, dueAt: Date.now() * 1_000 }));
      const left = await flowPlacements(ledger, { of: 'held', states: ['requested', 'accepted', 'confirmed'] });
      if (left.every(({ row }) => row.drifts > 0 && row.state !== 'requested')) break;
      await sleep(TICK_MS);
    }
    restoring = await passing;
    if ((await rulesOfApp(onos)).length !== all) throw new Error('ONOS has not all rules again');
  });
} finally {
  await unwrap(onos.flows.removeByApp(APP_ID)).catch(() => undefined);
  onos.close();
  await ledger.close();
}
process.stdout.write(JSON.stringify({ sizes: found, restoredMs, restoring } satisfies Measured));
