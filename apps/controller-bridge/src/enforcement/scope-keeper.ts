import { nowUs } from '../clock.js';
import type { Scope } from '@guardpost/contracts';
import type { Ledger, LedgerDb } from '../ledger/ledger.service.js';
import type { MitigationRow, PlacementRow } from '../ledger/tables.js';
import { ruleKey } from '../mitigations/flow-rule.js';
import {
  actionsOf,
  followPlacements,
  insertPlacements,
  insertTransition,
  revivePlacements,
  targetOfRow,
} from '../mitigations/mitigation.store.js';
import type { WantedPlacement } from '../mitigations/placement-plan.js';
import type { Places } from '../mitigations/places.js';
import type { Guards } from '../withdrawals/guards.js';

const HELD = ['requested', 'accepted', 'confirmed'];
const samePlace = (w: WantedPlacement, k: PlacementRow): boolean =>
  w.device === k.device &&
  w.inPort === k.in_port &&
  w.side === k.side &&
  (w.role ?? null) === k.role &&
  (w.rule === undefined || ruleKey(w.rule) === k.rule_key);

/**
 * A scope is a wish, not a list: devices and ports that came later belong to it too, and a port that turned out to lead to another
 * switch, as every one does while ONOS has yet to find the links, is no edge any more. A port that is gone keeps its rule: it may be back.
 */
export class ScopeKeeper {
  constructor(
    private readonly ledger: Ledger,
    private readonly places: Places,
    private readonly guards: Guards,
  ) {}

  /** Adds what the scopes of live mitigations lack, and takes away what is no edge any more. Returns how many were added. */
  async keep(): Promise<number> {
    const live = await this.ledger.db
      .selectFrom('mitigation')
      .selectAll()
      .where('live', '=', 1)
      .where('state', '!=', 'lifting')
      .where((e) => e.or([e('scope', '!=', 'nearest'), e('actions', 'like', '%withdraw-intent%')]))
      .execute();
    let added = 0;
    for (const { id } of live) {
      added += await this.ledger.write((db) => this.complete(db, id, false));
    }
    return added;
  }

  /**
   * Gives a mitigation another scope. What the old one placed and the new one does not want goes once all that the new one
   * wants is in the switches: there is no moment without a rule.
   */
  async change(db: LedgerDb, id: string, scope: Scope, who: string, why: string): Promise<void> {
    const now = nowUs();
    await db.updateTable('mitigation').set({ scope }).where('id', '=', id).execute();
    await this.complete(db, id, true);
    const { state } = await db.selectFrom('mitigation').select('state').where('id', '=', id).executeTakeFirstOrThrow();
    const current = state === 'active' || state === 'out_of_sync' ? state : 'requested';
    await insertTransition(db, id, now, current, current, who, why);
  }

  private async complete(db: LedgerDb, id: string, replace: boolean): Promise<number> {
    const mitigation = await db.selectFrom('mitigation').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    if (mitigation.live === 0 || mitigation.state === 'lifting') return 0;
    const known = await db.selectFrom('placement').selectAll().where('mitigation_id', '=', id).execute();
    const wanted = this.wanted(mitigation, known);
    const lacking = wanted.filter((w) => !known.some((k) => samePlace(w, k) && HELD.includes(k.state)));
    const revived = known.filter((k) => !HELD.includes(k.state) && lacking.some((w) => samePlace(w, k)));
    const fresh = lacking.filter((w) => !revived.some((k) => samePlace(w, k)));
    const now = nowUs();
    await revivePlacements(db, revived, now);
    await insertPlacements(db, { id, target: targetOfRow(mitigation) }, fresh, now);
    const unwanted = known.filter((k) => k.action === 'drop-flow' && HELD.includes(k.state) && !wanted.some((w) => samePlace(w, k)));
    const old = replace ? unwanted : unwanted.filter((k) => mitigation.scope === 'edge' && this.places.leadsOn(k.device ?? '', k.in_port));
    for (const { id: placement } of old)
      await db.updateTable('placement').set({ state: 'lifting', retry_at: now }).where('id', '=', placement).execute();
    if (lacking.length > 0) await followPlacements(db, id, 'reconciler', 'its scope has grown', now);
    return lacking.length;
  }

  private wanted(mitigation: MitigationRow, known: readonly PlacementRow[]): WantedPlacement[] {
    const actions = actionsOf(mitigation);
    const drops =
      actions.includes('drop-flow') && mitigation.scope !== 'nearest' ? this.places.of(mitigation.scope === 'edge' ? 'edge' : 'all') : [];
    const intents = known.filter((k) => k.role === 'intent').map((k) => ({ appId: k.intent_app ?? '', key: k.intent_key ?? '' }));
    const guards = actions.includes('withdraw-intent') ? this.guards.of(targetOfRow(mitigation), intents) : [];
    return [...drops, ...guards];
  }
}
