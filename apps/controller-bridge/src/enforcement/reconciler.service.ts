import { setImmediate as otherCallbacks } from 'node:timers/promises';
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
/** So many changes share a commit. Between two lots everything else has its turn: a detection does not wait for all of them. */
const LOT = 50;

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
    await otherCallbacks();
    const found = standing.map((flow) => ({ flow, key: ruleKey(flow) }));
    const byKey = new Map(found.map(({ flow, key }) => [key, flow]));
    const held = wanted.map(({ row, rule }) => ({ row, rule, key: ruleKey(rule) }));
    const kept = new Set([...held.map(({ key }) => key), ...leaving.map(({ rule }) => ruleKey(rule))]);
    await otherCallbacks();

    const orphans = found.filter(({ key }) => !kept.has(key)).map(({ flow }) => flow);
    if (orphans.length > 0) await this.remove(orphans);
    await this.inLots(held, ({ row, key }) => this.stands(row, byKey.get(key)));
    // ONOS keeps rules for a device that is away, and the device gets them when it is back.
    await this.putBack(
      held.filter(({ row, key }) => row.state !== 'requested' && !byKey.has(key) && (row.accepted_at ?? askedAt) < askedAt),
    );
  }

  /** `change` says undefined where there is none. */
  private async inLots<A>(all: readonly A[], change: (one: A) => Promise<unknown> | undefined): Promise<void> {
    let lot: Promise<unknown>[] = [];
    for (const one of all) {
      const changing = change(one);
      if (changing !== undefined) lot.push(changing);
      if (lot.length < LOT) continue;
      await Promise.all(lot);
      lot = [];
      await otherCallbacks();
    }
    await Promise.all(lot);
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

  /** Rules that ONOS had accepted before we asked are gone from it. The first are sent at once, more than a lot by the enforcement's own turns. */
  private async putBack(gone: readonly FlowPlacement[]): Promise<void> {
    const [first, ...more] = gone;
    if (first === undefined) return;
    this.logger.warn(
      `placement ${first.row.id}${more.length === 0 ? '' : ` and ${more.length} more`}: gone from ONOS, putting back what they placed`,
    );
    await this.inLots(gone, ({ row }) => {
      const change = { state: 'requested', retry_at: nowUs(), drifts: row.drifts + 1 };
      return changeHeld(this.ledger, row, change, 'reconciler', 'rule gone from ONOS');
    });
    await this.parts.enforcer.place(gone.slice(0, LOT));
  }

  private stands(row: PlacementRow, flow: FlowEntry | undefined): Promise<unknown> | undefined {
    if (flow === undefined) return undefined;
    const counts = { packets: Math.max(row.packets, flow.packets), bytes: Math.max(row.bytes, flow.bytes) };
    // One that is requested is on its way to ONOS: what ONOS says of it is of before.
    const confirms = flow.state === 'ADDED' && row.state === 'accepted';
    if (!confirms && counts.packets === row.packets && row.flow_id === flow.id) return undefined;
    const change = {
      ...counts,
      flow_id: flow.id,
      ...(confirms ? { state: 'confirmed', confirmed_at: row.confirmed_at ?? nowUs(), problem: null } : {}),
    };
    return changeHeld(this.ledger, row, change, 'reconciler', 'ONOS says that the rule is in the switch');
  }
}
