import { isKnownIntent, OnosFailure, unwrap, type FlowEntry, type Intent, type OnosClient } from '@guardpost/intents';
import { setTimeout as sleep } from 'node:timers/promises';
import { intentPlacements } from '../enforcement/work.js';
import { inParallel } from '../in-parallel.js';
import type { Inventory } from '../inventory/inventory.service.js';
import type { Ledger } from '../ledger/ledger.service.js';
import type { PlacementRow } from '../ledger/tables.js';
import { absent, type IntentReader, type Withdrawal } from './intent-reader.js';
import { compare, readRecord, requestFor, SDNIP, standing } from './intent-record.js';
import { lostWithdrawals, type LostWithdrawals } from './lost-withdrawals.js';
import { removeLeftInterfaces, resubmitRoutes } from './resubmission.js';
import { LATER_US, lifted, postpone, standInsThatStay } from './withdrawal.store.js';

const INSTALLED_WITHIN_MS = 3_000;
const LOOK_EVERY_MS = 20;
/** Intents that are looked at at one time. */
const WIDTH = 8;

/** While SDN-IP submits its routes, what else is held comes back: takes it in hand, and out again. */
export interface HeldMeanwhile {
  /** Takes in hand what is held and not named; resolves with what takes it out again and lets go of it. */
  hold(except: ReadonlySet<string>): Promise<() => Promise<void>>;
}

/** Gives intents back: by SDN-IP itself, else as the rules that were recorded prove them. */
export class GivingBack {
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly onos: OnosClient,
    private readonly ledger: Ledger,
    private readonly inventory: Inventory,
    private readonly reader: IntentReader,
    private readonly held: HeldMeanwhile,
  ) {}

  async giveBack(rows: readonly PlacementRow[]): Promise<void> {
    const held = await intentPlacements(this.ledger.db, { lifting: false, states: ['requested', 'accepted', 'confirmed'] });
    const heldByOthers = (row: PlacementRow): boolean =>
      held.some((h) => h.id !== row.id && h.intent_app === row.intent_app && h.intent_key === row.intent_key);
    const mine = rows.filter((row) => !heldByOthers(row));
    await Promise.all(rows.filter(heldByOthers).map((row) => lifted(this.ledger, row, 'another mitigation keeps it withdrawn')));
    const states = await this.reader.read(mine);
    const missing: Withdrawal[] = [];
    await inParallel(mine, WIDTH, async (row) => {
      const intent = states.get(row.id);
      const record = row.record_json === null ? undefined : readRecord(row.record_json);
      if (record === undefined) await lifted(this.ledger, row, 'it was never withdrawn');
      else if (standing(intent?.state) === 'gone') missing.push({ row, record });
      else await this.judge({ row, record }, intent);
    });
    const routes = missing.filter(({ record }) => record.intent.appId === SDNIP);
    await this.inTurn(() => this.restoreRoutes(routes));
    const others = missing.filter((w) => !routes.includes(w));
    await inParallel(others, WIDTH, (w) => this.submitAgain(w));
  }

  /** Takes away what an unfinished lift left in ONOS' configuration. Returns how many interfaces that were. */
  tidy(): Promise<number> {
    return this.inTurn(() => removeLeftInterfaces(this.onos));
  }

  /**
   * Withdrawals that no ledger knows any more, told by the rules that they left: SDN-IP submits its routes once more. From then
   * on those rules may go, whether or not a route is `back`.
   */
  async giveBackLost(orphans: readonly FlowEntry[]): Promise<LostWithdrawals & { readonly back: readonly string[] }> {
    const lost = lostWithdrawals(orphans, [...((await this.announced()) ?? [])], await unwrap(this.onos.intents.ofApp(SDNIP)));
    if (lost.wait.length === 0) return { ...lost, back: [] };
    await this.inventory.readAll(); // a port that nobody uses is to be found in it
    const now = await this.inTurn(() => this.resubmit(lost.wait, new Set()));
    return { ...lost, back: lost.routes.filter((key) => standing(now.get(key)?.state) === 'there') };
  }

  /** One at a time: two would add and remove the same interface. */
  private inTurn<A>(work: () => Promise<A>): Promise<A> {
    const turn = this.turn.then(work);
    this.turn = turn.catch(() => undefined);
    return turn;
  }

  /** SDN-IP submits its routes again; what else is held is withdrawn again, behind its guard. */
  private async resubmit(keys: readonly string[], except: ReadonlySet<string>): Promise<Map<string, Intent>> {
    const release = await this.held.hold(except);
    try {
      return await resubmitRoutes(this.onos, this.inventory, keys);
    } finally {
      await release();
    }
  }

  private async restoreRoutes(routes: readonly Withdrawal[]): Promise<void> {
    if (routes.length === 0) return;
    const announced = await this.announced();
    const wanted: Withdrawal[] = [];
    for (const w of routes) {
      if (announced === undefined || announced.has(w.record.intent.key)) wanted.push(w);
      else await lifted(this.ledger, w.row, 'its route is no longer announced: SDN-IP makes the intent when it is');
    }
    if (wanted.length === 0) return;
    const back = await this.resubmit(
      wanted.map(({ record }) => record.intent.key),
      new Set(wanted.map(({ row }) => row.id)),
    );
    await inParallel(wanted, WIDTH, (w) => {
      const intent = back.get(w.record.intent.key);
      return standing(intent?.state) === 'gone' ? this.submitAgain(w) : this.judge(w, intent);
    });
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
    await this.judge(w, await this.reader.intentOf(w.row));
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
        const found = compare(record, intent, await this.reader.rulesOf(intent), await standInsThatStay(this.ledger));
        if (found.kind === 'same') return lifted(this.ledger, row, 'the intent is back as it was');
        if (found.kind === 'wider') {
          await absent(unwrap(this.onos.intents.withdraw(intent.appId, intent.key)), undefined);
          return postpone(this.ledger, row, `stays withdrawn: ${found.text}`, LATER_US);
        }
        if (late) return lifted(this.ledger, row, `the intent is back; the network changed meanwhile: ${found.text}`);
      } else if (stands === 'broken' && intent?.state === record.intent.state) {
        return lifted(this.ledger, row, `the intent is back as it was: ${record.intent.state ?? ''}`);
      } else if (late) {
        const state = intent?.state ?? 'not there';
        return postpone(this.ledger, row, `it is ${state} in ONOS after it was given back`, LATER_US);
      }
      await sleep(LOOK_EVERY_MS);
      intent = await this.reader.intentOf(row);
    }
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
