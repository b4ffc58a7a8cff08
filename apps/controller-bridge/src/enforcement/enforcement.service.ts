import { redisKeys } from '@guardpost/contracts';
import { Injectable, Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { nowUs } from '../clock.js';
import { Ledger } from '../ledger/ledger.service.js';
import { Lists } from '../lists/lists.service.js';
import { followPlacements } from '../mitigations/mitigation.store.js';
import { FlowEnforcer, type FlowPlacement } from './flow-enforcer.service.js';
import { IntentEnforcer } from '../withdrawals/intent-enforcer.service.js';
import { beginLift, expire, flowPlacements, intentPlacements } from './work.js';

const TICK_MS = 250;

/**
 * Makes the network what the ledger says: from the ledger alone, so that a restart at any point goes on where it was. New
 * placements are handed over at once; the tick finds everything else.
 */
@Injectable()
export class Enforcement {
  private readonly logger = new Logger(Enforcement.name);
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> | undefined;
  private again = false;
  leads: () => boolean = () => false;

  constructor(
    private readonly ledger: Ledger,
    private readonly flows: FlowEnforcer,
    private readonly intents: IntentEnforcer,
    private readonly lists: Lists,
    private readonly redis: Redis,
  ) {}

  start(leads: () => boolean): void {
    this.leads = leads;
    this.timer = setInterval(() => this.wake(), TICK_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.leads = () => false;
    await this.turn;
  }

  /** New placements, just written: the leader acts on them now, another bridge tells the leader. */
  hurry(placements: readonly FlowPlacement[]): void {
    if (!this.leads()) {
      void this.redis.publish(redisKeys.wake, '').catch(() => undefined); // the leader's tick finds it anyway
      return;
    }
    const flows = placements.filter(({ row }) => row.action === 'drop-flow' || row.role === 'guard');
    const guards = flows.some(({ row }) => row.role === 'guard');
    if (flows.length > 0) void this.flows.place(flows).then(() => guards && this.wake()); // their intents wait for them
    // Rules alone need no look through the ledger, and nothing shall stand in their way: the next tick comes soon enough.
    if (flows.length === 0 || flows.length < placements.length) this.wake();
  }

  /** Looks through the ledger soon; asked for during a turn, once more after it. */
  wake(): void {
    if (!this.leads()) return;
    if (this.turn !== undefined) {
      this.again = true;
      return;
    }
    this.turn = this.run().finally(() => {
      this.turn = undefined;
      if (this.again) {
        this.again = false;
        this.wake();
      }
    });
  }

  private async run(): Promise<void> {
    const now = nowUs();
    // Each on its own: a Redis that is away must not keep rules out of ONOS, nor the other way round.
    await Promise.all([
      this.part('expiry', () => expire(this.ledger, now)),
      this.part('flow rules', async () => {
        await this.flows.place(await flowPlacements(this.ledger, { of: 'held', states: ['requested'], dueAt: now }));
        for (const of of ['lifting', 'replaced'] as const)
          await this.flows.lift(await flowPlacements(this.ledger, { of, states: ['lifting'], dueAt: now }));
      }),
      this.part('intents', () => this.intentsTurn(now)),
      this.part('lists', async () => {
        if (this.redis.status !== 'ready') return;
        await this.lists.publishDrops();
        await this.lists.publishWatch();
      }),
      this.part('lifted drops', () => this.endExpiredDrops(now)),
    ]);
  }

  /** Takes its time, seconds where ONOS does: no turn waits for it, and one runs at a time. */
  private async intentsTurn(now: number): Promise<void> {
    const due = await intentPlacements(this.ledger.db, { lifting: false, states: ['requested', 'accepted'], dueAt: now });
    const lifting = await intentPlacements(this.ledger.db, { lifting: true, states: ['lifting'], dueAt: now });
    // What followed from it, guards that may go, need not wait for the tick.
    const after = (tried: number): void => void (tried > 0 && this.wake());
    void this.intents.place(due).then(after);
    void this.intents.lift(lifting).then(after);
  }

  private async part(name: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.error(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }

  /**
   * A drop entry ends by itself in the kernel. Where its box no longer answers, its time alone ends the placement; and a
   * mitigation that has nothing left to lift is lifted.
   */
  private async endExpiredDrops(now: number): Promise<void> {
    const lifting = await this.ledger.db.selectFrom('mitigation').select(['id', 'expires_at']).where('state', '=', 'lifting').execute();
    if (lifting.length === 0) return;
    await this.ledger.write(async (db) => {
      for (const { id, expires_at } of lifting) {
        if (expires_at <= now)
          await db
            .updateTable('placement')
            .set({ state: 'lifted', problem: null })
            .where('mitigation_id', '=', id)
            .where('action', '=', 'tap-drop')
            .where('state', '=', 'lifting')
            .execute();
        await followPlacements(db, id, 'enforcer', 'nothing of it is left', now);
      }
    });
  }

  /** Lifts one mitigation: by whom and why stands in the ledger before anything happens. */
  async lift(id: string, who: string, why: string): Promise<void> {
    await this.ledger.write((db) => beginLift(db, id, who, why, nowUs()));
    this.hurry([]);
  }
}
