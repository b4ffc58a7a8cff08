import { isKnownIntent, unwrap, type Intent, type OnosClient } from '@guardpost/intents';
import { setTimeout as sleep } from 'node:timers/promises';
import { nowUs } from '../clock.js';
import { inParallel } from '../in-parallel.js';
import type { FlowEnforcer, FlowPlacement } from '../enforcement/flow-enforcer.service.js';
import type { Inventory } from '../inventory/inventory.service.js';
import type { Ledger } from '../ledger/ledger.service.js';
import type { PlacementRow } from '../ledger/tables.js';
import { absent, siblingsOf, type IntentReader, type Withdrawal } from './intent-reader.js';
import { readRecord, routePrefix, standing, standInsFor, type IntentRecord } from './intent-record.js';
import { changeHeld, keepRecord, LATER_US, postpone, SOON_US, stillHeld } from './withdrawal.store.js';

/** ONOS has taken a rule before it has told the switch: from the answer to the switch it takes some 10 ms. */
const ON_ITS_WAY_MS = 50;
const RULES_GONE_WITHIN_MS = 1_500;
const LOOK_FIRST_MS = 20;
/** Intents that are read or taken out at one time. */
const WIDTH = 8;

/** Takes intents out of ONOS: recorded first, behind guards, with stand-ins for what others share, and confirmed. */
export class TakingOut {
  constructor(
    private readonly onos: OnosClient,
    private readonly ledger: Ledger,
    private readonly inventory: Inventory,
    private readonly flows: FlowEnforcer,
    private readonly reader: IntentReader,
  ) {}

  /** How many could be tried: others wait for their guards. Throws where ONOS can't be read; what is wrong with a single one is in the ledger. */
  async withdraw(rows: readonly PlacementRow[]): Promise<number> {
    const guarded = await this.guarded(rows);
    if (guarded.length === 0) return 0;
    const all = await unwrap(this.onos.intents.list());
    const intents = new Map(guarded.map((row) => [row.id, all.find((i) => i.appId === row.intent_app && i.key === row.intent_key)]));
    const records = await inParallel(guarded, WIDTH, (row) => this.record(row, intents.get(row.id), all));
    const going = records.filter((w) => w !== undefined);
    const standIns = (await inParallel(going, WIDTH, (w) => this.standIns(w, all))).flat();
    const fresh = standIns.filter(({ row }) => row.state === 'requested');
    if (fresh.length > 0) {
      await this.flows.place(fresh);
      await sleep(ON_ITS_WAY_MS);
    }
    const missing = await this.notAccepted(fresh.map(({ row }) => row.id));
    const held = await stillHeld(
      this.ledger,
      going.map(({ row }) => row),
    );
    const ready = going.filter(({ row }) => held.has(row.id) && !missing.has(row.mitigation_id));
    await Promise.all(
      going
        .filter(({ row }) => missing.has(row.mitigation_id))
        .map(({ row }) => postpone(this.ledger, row, 'ONOS did not take a stand-in for a shared rule')),
    );
    const out = await inParallel(ready, WIDTH, (w) => this.takeOut(w, standing(intents.get(w.row.id)?.state)));
    await this.confirm(out.filter((w) => w !== undefined));
    return guarded.length;
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
    return rows.filter((r) => !open.has(r.mitigation_id));
  }

  /** Writes down what the intent is, before it is touched. Undefined where it can't be taken out now. */
  private async record(row: PlacementRow, intent: Intent | undefined, all: readonly Intent[]): Promise<Withdrawal | undefined> {
    const earlier = row.record_json === null ? undefined : readRecord(row.record_json);
    const stands = standing(intent?.state);
    if (intent === undefined || stands === 'gone') {
      if (earlier !== undefined) return { row, record: earlier };
      const problem = 'purged meanwhile: ONOS had the intent no more, the guard alone holds';
      const change = { state: 'confirmed', accepted_at: nowUs(), confirmed_at: nowUs(), problem };
      await changeHeld(this.ledger, row, change, 'enforcer', 'the intent is gone from ONOS already');
      return undefined;
    }
    if (!isKnownIntent(intent)) {
      await postpone(this.ledger, row, `changed meanwhile: ${intent.key} is a ${intent.type} now`, LATER_US);
      return undefined;
    }
    const rules = await this.reader.rulesOf(intent);
    // What is on its way has no rules to record yet, and may take another way than it did: its guard holds until it is installed.
    if (stands === 'coming') {
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

  private async standIns({ row, record }: Withdrawal, all: readonly Intent[]): Promise<FlowPlacement[]> {
    return this.flows.standIns(row, standInsFor(record, await this.reader.shared(record, all)));
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
    const change = { state: 'accepted', accepted_at: row.accepted_at ?? nowUs(), problem: null };
    await changeHeld(this.ledger, row, change, 'enforcer', 'withdrawn from ONOS', ['requested']);
    return withdrawal;
  }

  /** In ONOS and in the switches: ONOS forgets a rule when the switch has said that it removed it. */
  private async confirm(withdrawals: readonly Withdrawal[]): Promise<void> {
    const until = Date.now() + RULES_GONE_WITHIN_MS;
    let open = withdrawals;
    for (let wait = LOOK_FIRST_MS; ; wait *= 1.5) {
      const states = await this.reader.read(open.map(({ row }) => row));
      const rules = await this.reader.rulesLeft(open);
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
            return changeHeld(this.ledger, row, { state: 'requested', problem: what, retry_at: nowUs() + SOON_US * 5 }, 'enforcer', what);
          }),
        );
        return;
      }
      await sleep(wait);
    }
  }

  private confirmed(row: PlacementRow): Promise<unknown> {
    const change = { state: 'confirmed', confirmed_at: row.confirmed_at ?? nowUs(), problem: null };
    return changeHeld(this.ledger, row, change, 'enforcer', 'gone from ONOS and from the switches', ['accepted']);
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
