import { isKnownIntent, OnosFailure, unwrap, type FlowEntry, type Intent, type KnownIntent, type OnosClient } from '@guardpost/intents';
import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { nowUs } from '../clock.js';
import type { FlowEnforcer } from '../enforcement/flow-enforcer.service.js';
import { intentPlacements } from '../enforcement/work.js';
import type { Inventory } from '../inventory/inventory.service.js';
import type { Ledger } from '../ledger/ledger.service.js';
import type { PlacementRow } from '../ledger/tables.js';
import { updatePlacement } from '../mitigations/mitigation.store.js';
import { keepRecord, postpone } from './withdrawal.store.js';
import {
  compare,
  readRecord,
  recordedRule,
  requestFor,
  routePrefix,
  SDNIP,
  standing,
  standInsFor,
  type IntentRecord,
  type RecordedRule,
} from './intent-record.js';
import { removeLeftInterfaces, resubmitRoutes } from './resubmission.js';

/** The application of the rules that intents become. */
const INTENT_RULES = 'org.onosproject.net.intent';
/** Up to here single reads are cheaper than a list. */
const FEW = 8;
/** ONOS has taken a rule before it has told the switch: from the answer to the switch it takes some 10 ms. */
const ON_ITS_WAY_MS = 50;
const RULES_GONE_WITHIN_MS = 1_500;
const INSTALLED_WITHIN_MS = 3_000;
const LOOK_EVERY_MS = 20;

const SOON_US = 100_000;
const LATER_US = 5_000_000;

interface Withdrawal {
  readonly row: PlacementRow;
  readonly record: IntentRecord;
}

/**
 * Takes intents out of ONOS, sees to it that they stay out, and gives them back as they were. What an intent was is in the
 * ledger before it is touched.
 */
@Injectable()
export class IntentEnforcer {
  private readonly logger = new Logger(IntentEnforcer.name);
  private readonly inHand = new Set<string>();
  private resubmitting: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly onos: OnosClient,
    private readonly ledger: Ledger,
    private readonly inventory: Inventory,
    private readonly flows: FlowEnforcer,
  ) {}

  /**
   * Resolves when each was tried, with how many that were: one that is in hand already is passed by. Never rejects: what
   * failed is in the ledger with the time of the next try.
   */
  place(rows: readonly PlacementRow[]): Promise<number> {
    return this.holding(rows, (mine) => this.withdraw(mine));
  }

  lift(rows: readonly PlacementRow[]): Promise<number> {
    return this.holding(rows, (mine) => this.giveBack(mine));
  }

  /** Looks whether anything that is withdrawn is back in ONOS; if so it is due again. Returns how many were back. */
  async look(): Promise<number> {
    const held = (await intentPlacements(this.ledger.db, { lifting: false, states: ['accepted', 'confirmed'] })).filter(
      ({ id }) => !this.inHand.has(id),
    );
    const states = await this.read(held);
    const back = held.filter(
      (row) => ['there', 'coming', 'broken'].includes(standing(states.get(row.id)?.state)) && !this.inHand.has(row.id),
    );
    for (const row of back) {
      const why = `the intent ${row.intent_key ?? ''} is back in ONOS (${states.get(row.id)?.state ?? ''})`;
      this.logger.warn(`placement ${row.id}: ${why}, withdrawing it again`);
      await this.ledger.write((db) =>
        updatePlacement(db, row, { state: 'requested', retry_at: nowUs(), drifts: row.drifts + 1 }, 'reconciler', why, nowUs()),
      );
    }
    return back.length;
  }

  /** What a bridge that died in the middle of a lift may have left in ONOS. */
  tidy(): Promise<number> {
    return removeLeftInterfaces(this.onos);
  }

  private async holding(rows: readonly PlacementRow[], work: (rows: readonly PlacementRow[]) => Promise<void>): Promise<number> {
    const mine = rows.filter(({ id }) => !this.inHand.has(id));
    if (mine.length === 0) return 0;
    for (const { id } of mine) this.inHand.add(id);
    try {
      await work(mine);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      this.logger.error(problem);
      await Promise.all(mine.map((row) => postpone(this.ledger, row, problem)));
    } finally {
      for (const { id } of mine) this.inHand.delete(id);
    }
    return mine.length;
  }

  /** By placement: the intent as ONOS has it, undefined where it has none. */
  private async read(rows: readonly PlacementRow[]): Promise<Map<string, Intent | undefined>> {
    if (rows.length === 0) return new Map();
    if (rows.length <= FEW) return new Map(await Promise.all(rows.map(async (row) => [row.id, await this.intentOf(row)] as const)));
    const apps = [...new Set(rows.map((r) => r.intent_app ?? ''))];
    const all = (await Promise.all(apps.map((app) => unwrap(this.onos.intents.ofApp(app))))).flat();
    const byKey = new Map(all.map((i) => [`${i.appId} ${i.key}`, i]));
    return new Map(rows.map((row) => [row.id, byKey.get(`${row.intent_app ?? ''} ${row.intent_key ?? ''}`)]));
  }

  private async intentOf({ intent_app, intent_key }: PlacementRow): Promise<Intent | undefined> {
    return absent(unwrap(this.onos.intents.get(intent_app ?? '', intent_key ?? '')), undefined);
  }

  private async rulesOf({ appId, key }: { readonly appId: string; readonly key: string }): Promise<RecordedRule[]> {
    const paths = await absent(
      unwrap(this.onos.intents.relatedFlows(appId, key)).then((r) => r.paths),
      [],
    );
    return paths.flat().map(recordedRule);
  }

  // ---- out

  private async withdraw(rows: readonly PlacementRow[]): Promise<void> {
    const guarded = await this.guarded(rows);
    if (guarded.length === 0) return;
    const all = await unwrap(this.onos.intents.list());
    const intents = new Map(guarded.map((row) => [row.id, all.find((i) => i.appId === row.intent_app && i.key === row.intent_key)]));
    const records = await Promise.all(guarded.map((row) => this.record(row, intents.get(row.id), all)));
    const going = records.filter((w) => w !== undefined);
    if (going.length === 0) return;
    const standIns = (await Promise.all(going.map((w) => this.standIns(w, all)))).flat();
    const fresh = standIns.filter(({ row }) => row.state === 'requested');
    if (fresh.length > 0) {
      await this.flows.place(fresh);
      await sleep(ON_ITS_WAY_MS);
    }
    const missing = await this.notAccepted(fresh.map(({ row }) => row.id));
    const ready = going.filter(({ row }) => !missing.has(row.mitigation_id));
    await Promise.all(
      going
        .filter(({ row }) => missing.has(row.mitigation_id))
        .map(({ row }) => postpone(this.ledger, row, 'ONOS did not take a stand-in for a shared rule')),
    );
    const out = await Promise.all(ready.map((w) => this.takeOut(w, standing(intents.get(w.row.id)?.state))));
    await this.confirm(out.filter((w) => w !== undefined));
  }

  /** Those whose guards ONOS has. A guard of a switch that is away will be there when the switch is. */
  private async guarded(rows: readonly PlacementRow[]): Promise<PlacementRow[]> {
    const waiting = await this.ledger.db
      .selectFrom('placement')
      .select(['mitigation_id', 'device', 'problem'])
      .where('mitigation_id', 'in', [...new Set(rows.map((r) => r.mitigation_id))])
      .where('role', '=', 'guard')
      .where('state', '=', 'requested')
      .execute();
    const open = new Set(
      waiting.filter(({ device }) => this.inventory.devices.get(device ?? '')?.available !== false).map((g) => g.mitigation_id),
    );
    await Promise.all(
      rows.filter((r) => open.has(r.mitigation_id)).map((r) => postpone(this.ledger, r, 'waits for its guard rules', SOON_US)),
    );
    return rows.filter((r) => !open.has(r.mitigation_id));
  }

  /** Writes down what the intent is, before it is touched. Undefined where it can't be taken out now. */
  private async record(row: PlacementRow, intent: Intent | undefined, all: readonly Intent[]): Promise<Withdrawal | undefined> {
    const earlier = row.record_json === null ? undefined : readRecord(row.record_json);
    const stands = standing(intent?.state);
    if (intent === undefined || stands === 'gone') {
      if (earlier !== undefined) return { row, record: earlier };
      await this.ledger.write((db) =>
        updatePlacement(
          db,
          row,
          {
            state: 'confirmed',
            accepted_at: nowUs(),
            confirmed_at: nowUs(),
            problem: 'purged meanwhile: ONOS had the intent no more, the guard alone holds',
          },
          'enforcer',
          'the intent is gone from ONOS already',
          nowUs(),
        ),
      );
      return undefined;
    }
    if (!isKnownIntent(intent)) {
      await postpone(this.ledger, row, `changed meanwhile: ${intent.key} is a ${intent.type} now`, LATER_US);
      return undefined;
    }
    const rules = await this.rulesOf(intent);
    // What is on its way has no rules to record yet; once recorded it goes at once.
    if (stands === 'coming' && earlier === undefined) {
      await postpone(this.ledger, row, `${intent.state ?? ''}: waits for it to be installed`, SOON_US);
      return undefined;
    }
    const whole = stands === 'there' && rules.length > 0;
    const record: IntentRecord =
      whole || earlier === undefined ? { at: nowUs(), intent, rules, siblings: siblingsOf(intent, all).map((i) => i.key) } : earlier;
    const prefix = routePrefix(intent);
    if (prefix !== undefined && stands === 'there' && whole) {
      const catchAll = rules.some((r) => r.selector.criteria.every((c) => c.type === 'IN_PORT'));
      if (catchAll && earlier !== undefined) return { row, record: earlier }; // somebody sent it back without its selector: not what it was
    }
    const kept: PlacementRow = { ...row, record_json: JSON.stringify(record) };
    await keepRecord(this.ledger, kept);
    return { row: kept, record };
  }

  /** Ids (`device/flow`) of rules that other intents stand on too. SDN-IP's are told by what they match, without asking. */
  private async shared({ intent, rules }: IntentRecord, all: readonly Intent[]): Promise<Set<string>> {
    if (routePrefix(intent) !== undefined) return new Set();
    const theirs = new Set(
      (await Promise.all(siblingsOf(intent, all).map((other) => this.rulesOf(other)))).flat().map((r) => `${r.deviceId}/${r.flowId}`),
    );
    return new Set(rules.map((r) => `${r.deviceId}/${r.flowId}`).filter((id) => theirs.has(id)));
  }

  private async standIns({ row, record }: Withdrawal, all: readonly Intent[]) {
    return this.flows.standIns(row, standInsFor(record, await this.shared(record, all)));
  }

  private async notAccepted(ids: readonly string[]): Promise<Set<string>> {
    if (ids.length === 0) return new Set();
    const rows = await this.ledger.db
      .selectFrom('placement')
      .select(['mitigation_id'])
      .where('id', 'in', [...ids])
      .where('state', '=', 'requested')
      .execute();
    return new Set(rows.map((r) => r.mitigation_id));
  }

  private async takeOut(withdrawal: Withdrawal, stands: ReturnType<typeof standing>): Promise<Withdrawal | undefined> {
    const { row, record } = withdrawal;
    try {
      if (stands !== 'gone' && stands !== 'leaving')
        await absent(unwrap(this.onos.intents.withdraw(record.intent.appId, record.intent.key)), undefined);
    } catch (error) {
      await postpone(this.ledger, row, reasonOf(error));
      return undefined;
    }
    await this.ledger.write(async (db) => {
      const now = nowUs();
      const current = await db.selectFrom('placement').select(['state', 'accepted_at']).where('id', '=', row.id).executeTakeFirst();
      if (current?.state !== 'requested') return; // lifted meanwhile
      const change = { state: 'accepted', accepted_at: current.accepted_at ?? now, problem: null };
      await updatePlacement(db, row, change, 'enforcer', 'withdrawn from ONOS', now);
    });
    return withdrawal;
  }

  /** In ONOS and in the switches: ONOS forgets a rule when the switch has said that it removed it. */
  private async confirm(withdrawals: readonly Withdrawal[]): Promise<void> {
    const until = Date.now() + RULES_GONE_WITHIN_MS;
    let open = withdrawals;
    for (;;) {
      const states = await this.read(open.map(({ row }) => row));
      const rules = await this.rulesLeft(open);
      const done = open.filter(({ row }) => standing(states.get(row.id)?.state) === 'gone' && rules(row).length === 0);
      await Promise.all(done.map(({ row }) => this.confirmed(row)));
      open = open.filter((w) => !done.includes(w));
      if (open.length === 0) return;
      if (Date.now() > until) {
        await Promise.all(
          open.map(({ row }) => {
            const state = states.get(row.id)?.state;
            const left = rules(row);
            const what =
              standing(state) === 'gone'
                ? `ONOS still holds ${left.length} of its rules: ${left.slice(0, 3).join(', ')}`
                : `it is ${state ?? ''} in ONOS`;
            return this.ledger.write((db) =>
              updatePlacement(db, row, { state: 'requested', problem: what, retry_at: nowUs() + SOON_US * 5 }, 'enforcer', what, nowUs()),
            );
          }),
        );
        return;
      }
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** Of each withdrawal: its own rules that ONOS still has. Those that others stand on may stay; a switch that is away can't answer. */
  private async rulesLeft(withdrawals: readonly Withdrawal[]): Promise<(row: PlacementRow) => string[]> {
    const own = new Map(
      withdrawals.map(({ row, record }) => {
        const route = routePrefix(record.intent) !== undefined;
        const rules = record.rules.filter(
          (r) =>
            this.inventory.devices.get(r.deviceId)?.available !== false &&
            (!route || r.selector.criteria.some((c) => c.type === 'IPV4_DST' || c.type === 'IPV6_DST')),
        );
        return [row.id, rules];
      }),
    );
    const all = [...own.values()].flat();
    const standingIds = new Set<string>();
    const note = (f: FlowEntry): void => void (f.state !== 'REMOVED' && standingIds.add(`${f.deviceId}/${f.id}`));
    if (all.length > FEW * 4) (await absent(unwrap(this.onos.flows.ofApp(INTENT_RULES)), [])).forEach(note);
    else
      for (const f of await Promise.all(all.map((r) => absent(unwrap(this.onos.flows.get(r.deviceId, r.flowId)), undefined))))
        if (f !== undefined) note(f);
    return (row) => (own.get(row.id) ?? []).map((r) => `${r.deviceId}/${r.flowId}`).filter((id) => standingIds.has(id));
  }

  private confirmed(row: PlacementRow): Promise<unknown> {
    return this.ledger.write(async (db) => {
      const now = nowUs();
      const current = await db.selectFrom('placement').select(['state', 'confirmed_at']).where('id', '=', row.id).executeTakeFirst();
      if (current?.state !== 'accepted') return;
      const change = { state: 'confirmed', confirmed_at: current.confirmed_at ?? now, problem: null };
      await updatePlacement(db, row, change, 'enforcer', 'gone from ONOS and from the switches', now);
    });
  }

  // ---- back

  private async giveBack(rows: readonly PlacementRow[]): Promise<void> {
    const held = await intentPlacements(this.ledger.db, { lifting: false, states: ['requested', 'accepted', 'confirmed'] });
    const heldByOthers = (row: PlacementRow): boolean =>
      held.some((h) => h.id !== row.id && h.intent_app === row.intent_app && h.intent_key === row.intent_key);
    const mine = rows.filter((row) => !heldByOthers(row));
    await Promise.all(rows.filter(heldByOthers).map((row) => this.lifted(row, 'another mitigation keeps it withdrawn')));
    const states = await this.read(mine);
    const missing: Withdrawal[] = [];
    await Promise.all(
      mine.map(async (row) => {
        const intent = states.get(row.id);
        const record = row.record_json === null ? undefined : readRecord(row.record_json);
        if (record === undefined) await this.lifted(row, 'it was never withdrawn');
        else if (standing(intent?.state) === 'gone') missing.push({ row, record });
        else await this.judge({ row, record }, intent);
      }),
    );
    const routes = missing.filter(({ record }) => record.intent.appId === SDNIP);
    await this.restoreRoutes(routes);
    await Promise.all(missing.filter((w) => !routes.includes(w)).map((w) => this.submitAgain(w)));
  }

  /** SDN-IP submits its routes again; what else is held is withdrawn again, behind its guard. */
  private async restoreRoutes(routes: readonly Withdrawal[]): Promise<void> {
    if (routes.length === 0) return;
    const announced = await this.announced();
    const wanted: Withdrawal[] = [];
    for (const w of routes) {
      if (announced === undefined || announced.has(w.record.intent.key)) wanted.push(w);
      else await this.lifted(w.row, 'its route is no longer announced: SDN-IP makes the intent when it is');
    }
    if (wanted.length === 0) return;
    const others = (await intentPlacements(this.ledger.db, { lifting: false, states: ['accepted', 'confirmed'] })).filter(
      (row) => row.intent_app === SDNIP && !this.inHand.has(row.id),
    );
    for (const { id } of others) this.inHand.add(id);
    let back: Map<string, Intent>;
    try {
      const turn = this.resubmitting.then(() =>
        resubmitRoutes(
          this.onos,
          this.inventory,
          wanted.map(({ record }) => record.intent.key),
        ),
      );
      this.resubmitting = turn.catch(() => undefined);
      back = await turn;
      await this.ledger.write((db) =>
        db
          .updateTable('placement')
          .set({ state: 'requested', retry_at: nowUs() })
          .where('id', 'in', [...others.map((o) => o.id), ''])
          .where('state', 'in', ['accepted', 'confirmed'])
          .execute(),
      );
      const again = others.map((o) => ({ ...o, state: 'requested' }));
      if (again.length > 0) await this.withdraw(again);
    } finally {
      for (const { id } of others) this.inHand.delete(id);
    }
    await Promise.all(
      wanted.map((w) => {
        const intent = back.get(w.record.intent.key);
        return standing(intent?.state) === 'gone' ? this.submitAgain(w) : this.judge(w, intent);
      }),
    );
  }

  /** Prefixes that SDN-IP has routes for; undefined where ONOS can't say. */
  private async announced(): Promise<Set<string> | undefined> {
    try {
      return new Set((await unwrap(this.onos.routes.list())).map((r) => r.prefix));
    } catch (error) {
      if (error instanceof OnosFailure && ['not-found', 'refused'].includes(error.error.kind)) return undefined;
      throw error;
    }
  }

  /** The second way back: the recorded intent with the selector that its rules prove. */
  private async submitAgain(w: Withdrawal): Promise<void> {
    const made = requestFor(w.record);
    if ('unsafe' in made) return postpone(this.ledger, w.row, `stays withdrawn: ${made.unsafe}`, LATER_US);
    try {
      await unwrap(this.onos.intents.submit(made.request));
    } catch (error) {
      return postpone(this.ledger, w.row, `can't be submitted again: ${reasonOf(error)}`);
    }
    await this.judge(w, await this.intentOf(w.row));
  }

  /** Whether what is back is what it was. Waits for it to be installed. */
  private async judge(w: Withdrawal, first: Intent | undefined): Promise<void> {
    const { row, record } = w;
    const until = Date.now() + INSTALLED_WITHIN_MS;
    let intent = first;
    for (;;) {
      const stands = standing(intent?.state);
      const late = Date.now() > until;
      if (stands === 'there' && intent !== undefined && isKnownIntent(intent)) {
        const found = compare(record, intent, await this.rulesOf(intent));
        if (found.kind === 'same') return this.lifted(row, 'the intent is back as it was');
        if (found.kind === 'wider') {
          await absent(unwrap(this.onos.intents.withdraw(intent.appId, intent.key)), undefined);
          return postpone(this.ledger, row, `stays withdrawn: ${found.text}`, LATER_US);
        }
        if (late) return this.lifted(row, `the intent is back; the network changed meanwhile: ${found.text}`);
      } else if (stands === 'broken' && intent?.state === record.intent.state) {
        return this.lifted(row, `the intent is back as it was: ${record.intent.state ?? ''}`);
      } else if (late) {
        const state = intent?.state ?? 'not there';
        return postpone(this.ledger, row, `it is ${state} in ONOS after it was given back`, LATER_US);
      }
      await sleep(LOOK_EVERY_MS);
      intent = await this.intentOf(row);
    }
  }

  private async lifted(row: PlacementRow, why: string): Promise<void> {
    await this.ledger.write((db) => updatePlacement(db, row, { state: 'lifted', problem: null }, 'enforcer', why, nowUs()));
  }
}

/** Intents that leave the network by the same way at the same priority: they may share rules. */
function siblingsOf(intent: KnownIntent, all: readonly Intent[]): KnownIntent[] {
  const way = (i: KnownIntent): string => JSON.stringify([i.priority, 'egressPoint' in i ? i.egressPoint : [i.one, i.two], i.treatment]);
  const mine = way(intent);
  return all
    .filter(isKnownIntent)
    .filter((i) => !(i.appId === intent.appId && i.key === intent.key) && i.state === 'INSTALLED' && way(i) === mine);
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** `fallback` where ONOS does not have what was asked for. */
async function absent<A, B>(answer: Promise<A>, fallback: B): Promise<A | B> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof OnosFailure && error.error.kind === 'not-found') return fallback;
    throw error;
  }
}
