import type { DropItem, WatchItem } from '@guardpost/contracts';
import { Injectable } from '@nestjs/common';
import { nowUs } from '../clock.js';
import { Ledger } from '../ledger/ledger.service.js';
import type { ListPublisher } from './list-publisher.js';

/** Placements that a box is to enforce. */
const IN_FORCE = ['requested', 'accepted', 'confirmed'];

/** Brings what the ledger says to the boxes: the watch list to all, to each box its own drop list. The leader calls it. */
@Injectable()
export class Lists {
  constructor(
    private readonly ledger: Ledger,
    private readonly watch: ListPublisher,
    private readonly drops: ReadonlyMap<string, ListPublisher>,
  ) {}

  /** After a change of the leader: what another bridge published since is not known here. */
  reset(): void {
    for (const publisher of [this.watch, ...this.drops.values()]) publisher.reset();
  }

  async publishWatch(): Promise<void> {
    await this.watch.publish(await this.watchItems());
  }

  /** Publishes each box's drop list and notes in the ledger what went out. */
  async publishDrops(): Promise<void> {
    for (const [box, publisher] of this.drops) await publisher.publish(await this.dropItems(box));
    await this.noteAccepted();
  }

  private async noteAccepted(): Promise<void> {
    const out = await this.ledger.db
      .selectFrom('placement')
      .innerJoin('mitigation', 'mitigation.id', 'placement.mitigation_id')
      .select('placement.id')
      .where('placement.action', '=', 'tap-drop')
      .where('placement.state', '=', 'requested')
      .where('placement.box', 'in', [...this.drops.keys(), ''])
      .where('mitigation.live', '=', 1)
      .where('mitigation.state', '!=', 'lifting')
      .execute();
    if (out.length === 0) return;
    const ids = out.map(({ id }) => id);
    const change = { state: 'accepted', accepted_at: nowUs() };
    await this.ledger.write((db) =>
      db.updateTable('placement').set(change).where('id', 'in', ids).where('state', '=', 'requested').execute(),
    );
  }

  /** Whether a box holds what was published. True while nothing was. */
  agrees(box: string, held: { watchVersion: number; dropVersion: number }): boolean {
    const [watch, drop] = [this.watch.version, this.drops.get(box)?.version];
    return (watch === undefined || watch === held.watchVersion) && (drop === undefined || drop === held.dropVersion);
  }

  /** For a box that keeps holding other versions than ours: what it lacks is published again, whole. */
  async mend(box: string, held: { watchVersion: number; dropVersion: number }): Promise<void> {
    const drop = this.drops.get(box);
    if (this.watch.version !== held.watchVersion) await this.watch.again(await this.watchItems());
    if (drop !== undefined && drop.version !== held.dropVersion) await drop.again(await this.dropItems(box));
  }

  private async watchItems(): Promise<WatchItem[]> {
    const rows = await this.ledger.db
      .selectFrom('indicator')
      .select(['id', 'rule', 'prefix', 'proto', 'port', 'valid_from', 'valid_until'])
      .where('removed_at', 'is', null)
      .where((e) => e.or([e('valid_until', 'is', null), e('valid_until', '>', nowUs())]))
      .orderBy('rule')
      .execute();
    return rows.map(({ valid_from: validFrom, valid_until: validUntil, ...rest }) => ({ ...rest, validFrom, validUntil }));
  }

  private async dropItems(box: string): Promise<DropItem[]> {
    const rows = await this.ledger.db
      .selectFrom('placement')
      .innerJoin('mitigation', 'mitigation.id', 'placement.mitigation_id')
      .select(['placement.id', 'mitigation.prefix', 'mitigation.proto', 'mitigation.port', 'mitigation.expires_at as expiresAt'])
      .where('placement.action', '=', 'tap-drop')
      .where('placement.box', '=', box)
      .where('placement.state', 'in', IN_FORCE)
      .where('mitigation.live', '=', 1)
      .where('mitigation.state', '!=', 'lifting')
      .orderBy('placement.id')
      .execute();
    return rows;
  }
}
