import { OnosFailure, unwrap, type FlowRule, type OnosClient } from '@guardpost/intents';
import { Injectable, Logger } from '@nestjs/common';
import { nowUs } from '../clock.js';
import { Inventory } from '../inventory/inventory.service.js';
import { Ledger } from '../ledger/ledger.service.js';
import type { PlacementRow } from '../ledger/tables.js';
import { APP_ID, DROP_BAND, flowRule, ruleKey } from '../mitigations/flow-rule.js';
import { insertPlacements, targetOfRow, updatePlacement } from '../mitigations/mitigation.store.js';
import { changeHeld, postpone } from '../withdrawals/withdrawal.store.js';
import type { Target } from '@guardpost/contracts';
import { FlowEvents } from './flow-events.js';
import { rulesOfApp } from './rules-of-app.js';

/** A placement that is a rule, with the rule. */
export interface FlowPlacement {
  readonly row: PlacementRow;
  readonly rule: FlowRule;
}

/** The rule of a placement: kept with it, or made of its mitigation's target. The same each time. */
export function flowPlacement(row: PlacementRow, target: Target): FlowPlacement {
  if (row.rule_json !== null) return { row, rule: JSON.parse(row.rule_json) as FlowRule }; // written by insertPlacements
  const side = row.side === 'from' ? 'from' : 'to';
  return {
    row,
    rule: flowRule(target, { device: row.device ?? '', inPort: row.in_port, side, priority: row.priority ?? DROP_BAND.lowest }),
  };
}

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

  /** The stand-ins of a withdrawal, those of `rules` that it has not yet written down first. Nothing is sent. */
  async standIns({ mitigation_id: id }: PlacementRow, rules: readonly FlowRule[]): Promise<FlowPlacement[]> {
    if (rules.length === 0) return [];
    const keys = new Map(rules.map((rule) => [ruleKey(rule), rule]));
    const rows = await this.ledger.write(async (db) => {
      const known = await db.selectFrom('placement').selectAll().where('mitigation_id', '=', id).where('role', '=', 'stand-in').execute();
      const wanted = [...keys].filter(([key]) => !known.some((k) => k.rule_key === key));
      const mitigation = await db.selectFrom('mitigation').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
      if (mitigation.live === 0 || mitigation.state === 'lifting') return known; // nothing of it is put anywhere any more
      const places = wanted.map(([, rule]) => ({
        action: 'withdraw-intent' as const,
        role: 'stand-in' as const,
        box: null,
        device: rule.deviceId,
        inPort: null,
        side: null,
        rule,
      }));
      return [...known, ...(await insertPlacements(db, { id, target: targetOfRow(mitigation) }, places, nowUs()))];
    });
    return rows.map((row) => ({ row, rule: JSON.parse(row.rule_json ?? '{}') as FlowRule })); // written by insertPlacements
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
    for (const device of new Set(unknown.map(({ row }) => row.device ?? '')))
      await this.failed(
        unknown.filter(({ row }) => row.device === device),
        `ONOS knows no device ${device}`,
      );
    const known = placements.filter((p) => !unknown.includes(p));
    if (known.length === 0) return;
    const rules = known.map(({ rule }) => rule);
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
      if (one) await this.failed(known, reasonOf(error));
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

  private async liftOne({ row, rule }: FlowPlacement): Promise<void> {
    try {
      if (await this.wantedByOthers(row)) return await this.lifted(row, 'another mitigation keeps the rule');
      const flowId = row.flow_id ?? (await this.findFlowId(rule));
      // removeAll succeeds whatever is gone; remove could not tell a rule that is gone from a device that is.
      if (flowId !== null) await unwrap(this.onos.flows.removeAll([{ deviceId: row.device ?? '', flowId }]));
    } catch (error) {
      return this.failed([{ row }], reasonOf(error));
    }
    await this.lifted(row, 'rule removed from ONOS');
  }

  /** Unless it is wanted again meanwhile, as a change of scope can. */
  private async lifted(row: PlacementRow, why: string): Promise<void> {
    await changeHeld(this.ledger, row, { state: 'lifted', problem: null }, 'enforcer', why, ['lifting']);
  }

  /** Guards and stand-ins of two mitigations can be one and the same rule. */
  private async wantedByOthers(row: PlacementRow): Promise<boolean> {
    if (row.rule_key === null) return false;
    const other = await this.ledger.db
      .selectFrom('placement')
      .innerJoin('mitigation', 'mitigation.id', 'placement.mitigation_id')
      .select('placement.id')
      .where('placement.rule_key', '=', row.rule_key)
      .where('placement.id', '!=', row.id)
      .where('placement.state', 'in', ['requested', 'accepted', 'confirmed'])
      .where('mitigation.live', '=', 1)
      .where('mitigation.state', '!=', 'lifting')
      .executeTakeFirst();
    return other !== undefined;
  }

  /** After a crash between the call and the ledger: the rule may stand without our knowing its id. */
  private async findFlowId(rule: FlowRule): Promise<string | null> {
    const key = ruleKey(rule);
    return (await rulesOfApp(this.onos)).find((f) => ruleKey(f) === key)?.id ?? null;
  }

  private async failed(placements: readonly Pick<FlowPlacement, 'row'>[], problem: string): Promise<void> {
    const [first, ...more] = placements.filter(({ row }) => row.problem !== problem);
    if (first !== undefined)
      this.logger.warn(`placement ${first.row.id}${more.length === 0 ? '' : ` and ${more.length} more`}: ${problem}`);
    await Promise.all(placements.map(({ row }) => postpone(this.ledger, row, problem)));
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
