import { OnosFailure, unwrap, type OnosClient } from '@guardpost/intents';
import { Injectable, Logger } from '@nestjs/common';
import { nowUs } from '../clock.js';
import { Inventory } from '../inventory/inventory.service.js';
import { Ledger } from '../ledger/ledger.service.js';
import type { PlacementRow } from '../ledger/tables.js';
import { APP_ID, flowRule, ruleKey, type RulePlace } from '../mitigations/flow-rule.js';
import { updatePlacement } from '../mitigations/mitigation.store.js';
import type { Target } from '@guardpost/contracts';
import { FlowEvents } from './flow-events.js';
import { rulesOfApp } from './rules-of-app.js';

const RETRY_FIRST_US = 200_000;
const RETRY_MAX_US = 10_000_000;

/** A placement with the target of its mitigation. */
export interface FlowPlacement {
  readonly row: PlacementRow;
  readonly target: Target;
}

export const placeOf = (row: PlacementRow): RulePlace => ({
  device: row.device ?? '',
  inPort: row.in_port,
  side: row.side === 'from' ? 'from' : 'to',
});

/** Puts drop rules into ONOS and takes them out. Every step is in the ledger; a call that failed is due again later. */
@Injectable()
export class FlowEnforcer {
  private readonly logger = new Logger(FlowEnforcer.name);
  private readonly inHand = new Set<string>();

  constructor(
    private readonly onos: OnosClient,
    private readonly ledger: Ledger,
    private readonly inventory: Inventory,
    readonly events: FlowEvents,
  ) {}

  /** Resolves when each was tried. Never rejects: what failed is in the ledger with the time of the next try. */
  async place(placements: readonly FlowPlacement[]): Promise<void> {
    const mine = placements.filter(({ row }) => !this.inHand.has(row.id));
    await this.holding(mine, () => this.placeTogether(mine));
  }

  async lift(placements: readonly FlowPlacement[]): Promise<void> {
    const mine = placements.filter(({ row }) => !this.inHand.has(row.id));
    await Promise.all(mine.map((p) => this.holding([p], () => this.liftOne(p))));
  }

  /** One call at a time for a placement: a tick that finds it in hand passes it by. */
  private async holding(placements: readonly FlowPlacement[], work: () => Promise<void>): Promise<void> {
    if (placements.length === 0) return;
    for (const { row } of placements) this.inHand.add(row.id);
    try {
      await work();
    } catch (error) {
      this.logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    } finally {
      for (const { row } of placements) this.inHand.delete(row.id);
    }
  }

  /** What belongs together goes in one request: two take ONOS twice as long. */
  private async placeTogether(placements: readonly FlowPlacement[]): Promise<void> {
    const unknown = placements.filter(({ row }) => this.inventory.knows(row.device ?? '') === false);
    await Promise.all(unknown.map(({ row }) => this.failed(row, `ONOS knows no device ${row.device ?? ''}`)));
    const known = placements.filter((p) => !unknown.includes(p));
    if (known.length === 0) return;
    const rules = known.map(({ row, target }) => flowRule(target, placeOf(row)));
    let flowIds: readonly string[];
    try {
      const [only] = rules;
      flowIds =
        rules.length === 1 && only !== undefined
          ? [await unwrap(this.onos.flows.add(APP_ID, only))]
          : (await unwrap(this.onos.flows.addAll(APP_ID, rules))).map((ref) => ref.flowId);
    } catch (error) {
      // What ONOS would never take must not keep the others out.
      const one = known.length === 1 || !(error instanceof OnosFailure) || error.error.retryable;
      if (one) await Promise.all(known.map(({ row }) => this.failed(row, reasonOf(error))));
      else for (const p of known) await this.placeTogether([p]);
      return;
    }
    const acceptedAt = nowUs();
    await Promise.all(known.map(({ row }, i) => this.accepted(row, flowIds[i] ?? '', acceptedAt)));
  }

  /** From here on the box's event confirms by flow id; one that came before is waiting. */
  private async accepted(row: PlacementRow, flowId: string, acceptedAt: number): Promise<void> {
    await this.ledger.write(async (db) => {
      const current = await db.selectFrom('placement').selectAll().where('id', '=', row.id).executeTakeFirst();
      if (current === undefined) return;
      const seenAt = this.events.addedAt(row.device ?? '', flowId);
      const held = current.state === 'lifting' || current.state === 'lifted';
      const change: Partial<PlacementRow> = {
        flow_id: flowId,
        attempts: current.attempts + 1,
        problem: null,
        accepted_at: current.accepted_at ?? acceptedAt,
        ...(held
          ? {}
          : seenAt === undefined
            ? { state: 'accepted' }
            : { state: 'confirmed', confirmed_at: current.confirmed_at ?? seenAt }),
      };
      await updatePlacement(db, row, change, 'enforcer', seenAt === undefined ? 'accepted by ONOS' : 'in the switch', acceptedAt);
    });
  }

  private async liftOne({ row, target }: FlowPlacement): Promise<void> {
    try {
      const flowId = row.flow_id ?? (await this.findFlowId(row, target));
      // removeAll succeeds whatever is gone; remove could not tell a rule that is gone from a device that is.
      if (flowId !== null) await unwrap(this.onos.flows.removeAll([{ deviceId: row.device ?? '', flowId }]));
    } catch (error) {
      return this.failed(row, reasonOf(error));
    }
    await this.ledger.write((db) =>
      updatePlacement(db, row, { state: 'lifted', problem: null }, 'enforcer', 'rule removed from ONOS', nowUs()),
    );
  }

  /** After a crash between the call and the ledger: the rule may stand without our knowing its id. */
  private async findFlowId(row: PlacementRow, target: Target): Promise<string | null> {
    const key = ruleKey(flowRule(target, placeOf(row)));
    return (await rulesOfApp(this.onos)).find((f) => ruleKey(f) === key)?.id ?? null;
  }

  private async failed(row: PlacementRow, problem: string): Promise<void> {
    if (row.problem !== problem) this.logger.warn(`placement ${row.id}: ${problem}`);
    const wait = Math.min(RETRY_FIRST_US * 2 ** Math.min(row.attempts, 10), RETRY_MAX_US);
    await this.ledger.write((db) =>
      db
        .updateTable('placement')
        .set((e) => ({ problem, attempts: e('attempts', '+', 1), retry_at: nowUs() + wait }))
        .where('id', '=', row.id)
        .execute(),
    );
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
