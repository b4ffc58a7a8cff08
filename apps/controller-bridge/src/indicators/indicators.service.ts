import { canonicalPrefix, type Indicator, type IndicatorBatch, type IndicatorInput } from '@guardpost/contracts';
import { BadRequestException, Injectable, NotFoundException } from '@nestjs/common';
import { sql } from 'kysely';
import { nowUs } from '../clock.js';
import { Enforcement } from '../enforcement/enforcement.service.js';
import { Ledger, type LedgerDb } from '../ledger/ledger.service.js';
import { once } from '../ledger/requests.js';
import type { IndicatorRow } from '../ledger/tables.js';
import { PORT_PROTOCOLS } from '../mitigations/flow-rule.js';
import { newId } from '../mitigations/mitigation.store.js';

const DEFAULT_CONFIDENCE = 100;

/** What feeds call malicious: kept in the ledger, brought to the boxes as the watch list. */
@Injectable()
export class Indicators {
  constructor(
    private readonly ledger: Ledger,
    private readonly enforcement: Enforcement,
  ) {}

  /** All of the batch or none. One that the feed has already is renewed and keeps its id. */
  async add(batch: IndicatorBatch): Promise<Indicator[]> {
    batch.indicators.forEach((input, i) => check(input, `indicators.${i}`));
    const ids = await this.ledger.write((db) =>
      once(db, batch.requestId, 'indicator.add', nowUs(), async () => {
        const ids: string[] = [];
        for (const input of batch.indicators) ids.push(await this.put(db, batch.feed, input));
        return ids;
      }),
    );
    this.enforcement.hurry([]);
    const rows: IndicatorRow[] = [];
    for (let i = 0; i < ids.length; i += 500)
      rows.push(
        ...(await this.ledger.db
          .selectFrom('indicator')
          .selectAll()
          .where('id', 'in', ids.slice(i, i + 500))
          .execute()),
      );
    return rows.map(toIndicator);
  }

  private async put(db: LedgerDb, feed: string, input: IndicatorInput): Promise<string> {
    const now = nowUs();
    const prefix = canonicalPrefix(input.prefix);
    const [proto, port] = [input.proto ?? null, input.port ?? null];
    const told = {
      confidence: input.confidence ?? DEFAULT_CONFIDENCE,
      valid_from: input.validFrom ?? now,
      valid_until: input.validUntil ?? null,
      note: input.note ?? null,
    };
    const known = await db
      .selectFrom('indicator')
      .select('id')
      .where('prefix', '=', prefix)
      .where('feed', '=', feed)
      .where('proto', proto === null ? 'is' : '=', proto)
      .where('port', port === null ? 'is' : '=', port)
      .where('removed_at', 'is', null)
      .executeTakeFirst();
    if (known !== undefined) {
      await db.updateTable('indicator').set(told).where('id', '=', known.id).execute();
      return known.id;
    }
    const id = newId('i', now);
    const next = sql<number>`(select coalesce(max(rule), 0) + 1 from indicator)`;
    await db
      .insertInto('indicator')
      .values({ id, rule: next, feed, prefix, proto, port, ...told, added_at: now, removed_at: null })
      .execute();
    return id;
  }

  /** What it blocked stays blocked until its time is over or it is lifted. */
  async remove(id: string): Promise<void> {
    const { numUpdatedRows } = await this.ledger.write((db) =>
      db.updateTable('indicator').set({ removed_at: nowUs() }).where('id', '=', id).where('removed_at', 'is', null).executeTakeFirst(),
    );
    if (numUpdatedRows === 0n) throw new NotFoundException(`there is no indicator ${id}`);
    this.enforcement.hurry([]);
  }

  async list(query: { feed?: string; limit: number }): Promise<Indicator[]> {
    let rows = this.ledger.db.selectFrom('indicator').selectAll().where('removed_at', 'is', null).orderBy('rule').limit(query.limit);
    if (query.feed !== undefined) rows = rows.where('feed', '=', query.feed);
    return (await rows.execute()).map(toIndicator);
  }
}

function check({ port, proto, validFrom, validUntil }: IndicatorInput, path: string): void {
  if (port !== undefined && proto !== undefined && !PORT_PROTOCOLS.includes(proto))
    throw new BadRequestException(`${path}.port: protocol ${proto} has no ports; 6 (TCP), 17 (UDP) and 132 (SCTP) have`);
  if (validUntil !== undefined && validUntil <= (validFrom ?? 0))
    throw new BadRequestException(`${path}.validUntil: must be after validFrom`);
}

const toIndicator = (row: IndicatorRow): Indicator => ({
  id: row.id,
  rule: row.rule,
  feed: row.feed,
  prefix: row.prefix,
  proto: row.proto,
  port: row.port,
  confidence: row.confidence,
  validFrom: row.valid_from,
  validUntil: row.valid_until,
  note: row.note,
  addedAt: row.added_at,
});
