import { unwrap, type FlowEntry, type OnosClient } from '@guardpost/intents';
import { Injectable, Logger } from '@nestjs/common';
import { nowUs } from '../clock.js';
import { Inventory } from '../inventory/inventory.service.js';
import { Ledger } from '../ledger/ledger.service.js';
import { ruleKey } from '../mitigations/flow-rule.js';
import type { PlacementRow } from '../ledger/tables.js';
import type { FlowEnforcer, FlowPlacement } from './flow-enforcer.service.js';
import type { Protection } from '../policy/protection.service.js';
import type { ScopeKeeper } from './scope-keeper.js';
import type { IntentEnforcer } from '../withdrawals/intent-enforcer.service.js';
import { changeHeld } from '../withdrawals/withdrawal.store.js';
import { rulesOfApp } from './rules-of-app.js';
import { flowPlacements, hasten } from './work.js';

const EVERY_MS = 2_000;

export interface Reconciled {
  readonly enforcer: Pick<FlowEnforcer, 'place'>;
  readonly intents: Pick<IntentEnforcer, 'look' | 'giveBackLost'>;
  readonly scopes: Pick<ScopeKeeper, 'keep'>;
  readonly protection: Pick<Protection, 'refresh'>;
}

/**
 * Compares what ONOS holds under our application with what the ledger wants, and mends the difference: rules that are
 * missing are put back, rules that nobody wants are removed, withdrawn intents that are back are withdrawn again. It reads
 * what is ours and what we hold, no more. ONOS' own view also confirms rules of boxes without tracer.
 */
@Injectable()
export class Reconciler {
  private readonly logger = new Logger(Reconciler.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  /** Devices that ONOS reached at the last pass; none where that failed. */
  private reached: ReadonlySet<string> = new Set();
  /** Of the last pass. Empty while ONOS answers as it should. */
  problems: readonly string[] = ['ONOS was not asked yet'];

  constructor(
    private readonly onos: OnosClient,
    private readonly ledger: Ledger,
    private readonly inventory: Inventory,
    private readonly parts: Reconciled,
  ) {}

  start(leads: () => boolean): void {
    this.timer = setInterval(() => void this.pass(leads), EVERY_MS);
    void this.pass(leads);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** One at a time. Every bridge reads; only the leader mends. */
  pass(leads: () => boolean): Promise<void> {
    this.running ??= this.reconcile(leads)
      .then(() => void (this.problems = []))
      .catch((error: unknown) => {
        const problem = error instanceof Error ? error.message : String(error);
        if (this.problems[0] !== problem) this.logger.warn(problem);
        this.problems = [problem];
        this.reached = new Set();
      })
      .finally(() => (this.running = undefined));
    return this.running;
  }

  private async reconcile(leads: () => boolean): Promise<void> {
    const reached = await this.inventory.refresh();
    await this.parts.protection.refresh(leads);
    if (!leads()) return;
    await this.hastenFor(reached);
    await this.parts.scopes.keep();
    await this.parts.intents.look();
    const askedAt = nowUs();
    const standing = await rulesOfApp(this.onos);
    // Wanted is read after ONOS: a rule that stands was wanted in the ledger before it was sent.
    const wanted = await flowPlacements(this.ledger, { of: 'held', states: ['requested', 'accepted', 'confirmed'] });
    const leaving = [
      ...(await flowPlacements(this.ledger, { of: 'lifting', states: ['lifting'] })),
      ...(await flowPlacements(this.ledger, { of: 'replaced', states: ['lifting'] })),
    ];
    const keyOf = ({ rule }: FlowPlacement): string => ruleKey(rule);
    const byKey = new Map(standing.map((flow) => [ruleKey(flow), flow]));
    const kept = new Set([...wanted, ...leaving].map(keyOf));

    const orphans = standing.filter((flow) => !kept.has(ruleKey(flow)));
    if (orphans.length > 0) await this.remove(orphans);
    for (const placement of wanted) {
      const flow = byKey.get(keyOf(placement));
      if (flow === undefined) await this.missing(placement, askedAt);
      else await this.stands(placement.row, flow);
    }
    // ONOS keeps rules for a device that is away, and the device gets them when it is back.
    await this.parts.enforcer.place(
      wanted.filter((p) => p.row.state !== 'requested' && !byKey.has(keyOf(p)) && (p.row.accepted_at ?? askedAt) < askedAt),
    );
  }

  /** Nothing waits for its time longer than for the switch that it is meant for. */
  private async hastenFor(reached: ReadonlySet<string>): Promise<void> {
    const back = [...reached].filter((device) => !this.reached.has(device));
    if (back.length > 0) await hasten(this.ledger, back, nowUs());
    this.reached = reached;
  }

  /** Guards among them may be all that is left of withdrawals: those come back first. */
  private async remove(orphans: readonly FlowEntry[]): Promise<void> {
    this.logger.warn(`removing ${orphans.length} rule(s) of ours from ONOS that no mitigation wants`);
    const { routes, others, back } = await this.parts.intents.giveBackLost(orphans);
    if (routes.length > 0)
      this.logger.warn(
        `withdrawn routes that the ledger knows nothing of: ${routes.join(', ')}; SDN-IP gave back: ${back.join(', ') || 'none'}`,
      );
    if (others.length > 0)
      this.logger.warn(`guards of ${others.join(', ')} go: whose intents they guarded, if those are out still, has to submit them again`);
    await unwrap(this.onos.flows.removeAll(orphans.map(({ deviceId, id }) => ({ deviceId, flowId: id }))));
  }

  /** A rule that ONOS had accepted before we asked is gone from it. */
  private async missing({ row }: FlowPlacement, askedAt: number): Promise<void> {
    if (row.state === 'requested' || (row.accepted_at ?? askedAt) >= askedAt) return;
    this.logger.warn(`placement ${row.id}: its rule is gone from ONOS, putting it back`);
    const change = { state: 'requested', retry_at: nowUs(), drifts: row.drifts + 1 };
    await changeHeld(this.ledger, row, change, 'reconciler', 'rule gone from ONOS');
  }

  private async stands(row: PlacementRow, flow: FlowEntry): Promise<void> {
    const counts = { packets: Math.max(row.packets, flow.packets), bytes: Math.max(row.bytes, flow.bytes) };
    // One that is requested is on its way to ONOS: what ONOS says of it is of before.
    const confirms = flow.state === 'ADDED' && row.state === 'accepted';
    if (!confirms && counts.packets === row.packets && row.flow_id === flow.id) return;
    const change = {
      ...counts,
      flow_id: flow.id,
      ...(confirms ? { state: 'confirmed', confirmed_at: row.confirmed_at ?? nowUs(), problem: null } : {}),
    };
    await changeHeld(this.ledger, row, change, 'reconciler', 'ONOS says that the rule is in the switch');
  }
}
