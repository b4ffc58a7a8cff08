import { redisKeys } from '@guardpost/contracts';
import { HealthService, StreamReader, type StreamEntry } from '@guardpost/platform';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { nowUs } from './clock.js';
import { Boxes } from './boxes/boxes.service.js';
import { Connections } from './connections.js';
import { DetectionsConsumer } from './detections/detections.consumer.js';
import { Enforcement } from './enforcement/enforcement.service.js';
import { Leadership } from './enforcement/leadership.js';
import { Reconciler } from './enforcement/reconciler.service.js';
import { Inventory } from './inventory/inventory.service.js';
import { Ledger } from './ledger/ledger.service.js';
import { forgetOld } from './ledger/retention.js';
import { Lists } from './lists/lists.service.js';
import { IntentEnforcer } from './withdrawals/intent-enforcer.service.js';
import { ReportsConsumer } from './reports/reports.consumer.js';

const FORGET_EVERY_MS = 3_600_000;
const TIDY_AGAIN_MS = 2_000;

/** Everything that runs by itself. */
export interface Moving {
  readonly detections: DetectionsConsumer;
  readonly reports: ReportsConsumer;
  readonly enforcement: Enforcement;
  readonly reconciler: Reconciler;
  readonly lists: Lists;
  readonly boxes: Boxes;
  readonly inventory: Inventory;
  readonly intents: IntentEnforcer;
}

/** Starts what moves, in an order that loses nothing, and stops it in the opposite one. */
@Injectable()
export class Runtime implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(Runtime.name);
  private readonly leadership: Leadership;
  private reader: StreamReader | undefined;
  private forgetting: NodeJS.Timeout | undefined;

  constructor(
    private readonly instance: string,
    private readonly ledger: Ledger,
    private readonly connections: Connections,
    private readonly moving: Moving,
    private readonly health: HealthService,
  ) {
    this.leadership = new Leadership(
      ledger,
      `${instance}:${connections.boot}`,
      () => this.lead(),
      (error) => this.logger.error(`leadership: ${error instanceof Error ? error.message : String(error)}`),
    );
  }

  async onApplicationBootstrap(): Promise<void> {
    const { detections, reports, enforcement, reconciler, boxes } = this.moving;
    const leads = (): boolean => this.leadership.leads;
    reports.leads = leads;
    enforcement.start(leads);
    await this.leadership.start();
    reconciler.start(leads);
    this.moving.inventory.start();
    this.connections.queue.consume((payload, id) => detections.take(payload, id));
    await this.readReports(reports);
    this.listenForWakes(enforcement);
    this.forgetting = setInterval(() => void this.forget(), FORGET_EVERY_MS);
    this.health.register('redis', () => this.connections.problems());
    this.health.register('onos', () => reconciler.problems);
    this.health.register('boxes', () => boxes.silent().map((b) => `${b} is silent`));
  }

  private async forget(): Promise<void> {
    if (!this.leadership.leads) return;
    await forgetOld(this.ledger, nowUs()).catch((error: unknown) =>
      this.logger.error(`retention: ${error instanceof Error ? error.message : String(error)}`),
    );
  }

  private lead(): void {
    this.logger.log(`${this.instance} leads`);
    this.moving.lists.reset();
    this.moving.enforcement.wake();
    void this.moving.reconciler.pass(() => this.leadership.leads);
    void this.tidy();
  }

  /** Whoever led before may have died in the middle of a lift. Tried until ONOS answers. */
  private async tidy(): Promise<void> {
    while (this.leadership.leads) {
      try {
        const removed = await this.moving.intents.tidy();
        if (removed > 0) this.logger.warn(`removed ${removed} interface(s) that an unfinished lift left in ONOS' configuration`);
        return;
      } catch {
        await sleep(TIDY_AGAIN_MS); // the reconciler says what is wrong with ONOS
      }
    }
  }

  /** From where this bridge was when it ended; the first time, from now on. */
  private async readReports(reports: ReportsConsumer): Promise<void> {
    const stream = redisKeys.reports;
    const at = await this.ledger.db
      .selectFrom('position')
      .select('entry')
      .where('instance', '=', this.instance)
      .where('stream', '=', stream)
      .executeTakeFirst();
    const positions = new Map([[stream, at?.entry ?? '$']]);
    let keptAt = Date.now();
    const take = async (entries: readonly StreamEntry[]): Promise<void> => {
      await reports.take(entries);
      const last = entries.at(-1);
      if (last === undefined || Date.now() - keptAt < 1_000) return;
      keptAt = Date.now();
      await this.keepPosition(stream, last.id);
    };
    this.reader = new StreamReader(this.connections.reader, positions, take, (error) =>
      this.logger.error(`reports: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
    ).start();
  }

  private keepPosition(stream: string, entry: string): Promise<unknown> {
    return this.ledger.write((db) =>
      db
        .insertInto('position')
        .values({ instance: this.instance, stream, entry })
        .onConflict((c) => c.columns(['instance', 'stream']).doUpdateSet({ entry }))
        .execute(),
    );
  }

  /** Does not wait for Redis: the subscription is made when it comes. */
  private listenForWakes(enforcement: Enforcement): void {
    const { wakes } = this.connections;
    wakes.on('message', () => enforcement.wake());
    void wakes.subscribe(redisKeys.wake).catch(() => undefined);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.forgetting);
    await this.connections.queue.close();
    await this.reader?.stop();
    await this.moving.inventory.stop();
    await this.moving.reconciler.stop();
    await this.moving.enforcement.stop();
    await this.leadership.stop();
    this.connections.close();
    await this.ledger.close();
  }
}
