import type { FlowEntry, OnosClient } from '@guardpost/intents';
import { Injectable, Logger } from '@nestjs/common';
import { nowUs } from '../clock.js';
import type { FlowEnforcer } from '../enforcement/flow-enforcer.service.js';
import { intentPlacements } from '../enforcement/work.js';
import type { Inventory } from '../inventory/inventory.service.js';
import type { Ledger } from '../ledger/ledger.service.js';
import type { PlacementRow } from '../ledger/tables.js';
import { GivingBack } from './giving-back.js';
import { IntentReader } from './intent-reader.js';
import { SDNIP, standing } from './intent-record.js';
import { TakingOut } from './taking-out.js';
import { changeHeld, postpone } from './withdrawal.store.js';

/**
 * Keeps withdrawn what is to be withdrawn, and gives it back when it is lifted. What an intent was is in the ledger before it
 * is touched. A placement is in one hand at a time.
 */
@Injectable()
export class IntentEnforcer {
  private readonly logger = new Logger(IntentEnforcer.name);
  private readonly inHand = new Set<string>();
  private readonly reader: IntentReader;
  private readonly out: TakingOut;
  private readonly back: GivingBack;

  constructor(
    onos: OnosClient,
    private readonly ledger: Ledger,
    inventory: Inventory,
    flows: FlowEnforcer,
  ) {
    this.reader = new IntentReader(onos, inventory);
    this.out = new TakingOut(onos, ledger, inventory, flows, this.reader);
    this.back = new GivingBack(onos, ledger, inventory, this.reader, { hold: (except) => this.holdOthers(except) });
  }

  /**
   * Resolves when each was tried, with how many that were: one that is in hand already is passed by. Never rejects: what
   * failed is in the ledger with the time of the next try.
   */
  place(rows: readonly PlacementRow[]): Promise<number> {
    return this.holding(rows, (mine) => this.out.withdraw(mine));
  }

  lift(rows: readonly PlacementRow[]): Promise<number> {
    return this.holding(rows, async (mine) => {
      await this.back.giveBack(mine);
      return mine.length;
    });
  }

  /** Looks whether anything that is withdrawn is back in ONOS; if so it is due again. Returns how many were back. */
  async look(): Promise<number> {
    const held = (await intentPlacements(this.ledger.db, { lifting: false, states: ['accepted', 'confirmed'] })).filter(
      ({ id }) => !this.inHand.has(id),
    );
    const states = await this.reader.read(held);
    const back = held.filter(
      (row) => ['there', 'coming', 'broken'].includes(standing(states.get(row.id)?.state)) && !this.inHand.has(row.id),
    );
    for (const row of back) {
      const why = `the intent ${row.intent_key ?? ''} is back in ONOS (${states.get(row.id)?.state ?? ''})`;
      this.logger.warn(`placement ${row.id}: ${why}, withdrawing it again`);
      await changeHeld(this.ledger, row, { state: 'requested', retry_at: nowUs(), drifts: row.drifts + 1 }, 'reconciler', why);
    }
    return back.length;
  }

  /** What a bridge that died in the middle of a lift may have left in ONOS. */
  tidy(): Promise<number> {
    return this.back.tidy();
  }

  /** Before rules of ours that nobody wants are removed: what they may have held withdrawn is given back, where that can be. */
  giveBackLost(orphans: readonly FlowEntry[]): ReturnType<GivingBack['giveBackLost']> {
    return this.back.giveBackLost(orphans);
  }

  private async holdOthers(except: ReadonlySet<string>): Promise<() => Promise<void>> {
    const others = (await intentPlacements(this.ledger.db, { lifting: false, states: ['accepted', 'confirmed'] })).filter(
      (row) => row.intent_app === SDNIP && !this.inHand.has(row.id) && !except.has(row.id),
    );
    for (const { id } of others) this.inHand.add(id);
    return async () => {
      try {
        const again = others.map((row) => ({ ...row, state: 'requested' }));
        for (const row of others)
          await changeHeld(this.ledger, row, { state: 'requested', retry_at: nowUs() }, 'enforcer', 'SDN-IP submits its routes for a lift');
        if (again.length > 0) await this.out.withdraw(again);
      } finally {
        for (const { id } of others) this.inHand.delete(id);
      }
    };
  }

  private async holding(rows: readonly PlacementRow[], work: (rows: readonly PlacementRow[]) => Promise<number>): Promise<number> {
    const mine = rows.filter(({ id }) => !this.inHand.has(id));
    if (mine.length === 0) return 0;
    for (const { id } of mine) this.inHand.add(id);
    try {
      return await work(mine);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      this.logger.error(problem);
      await Promise.all(mine.map((row) => postpone(this.ledger, row, problem)));
    } finally {
      for (const { id } of mine) this.inHand.delete(id);
    }
    return mine.length;
  }
}
