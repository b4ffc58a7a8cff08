import type { AuditEntry } from '@guardpost/contracts';
import { ConflictException, Injectable } from '@nestjs/common';
import { nowUs } from '../clock.js';
import { Ledger } from '../ledger/ledger.service.js';
import { once } from '../ledger/requests.js';

const BEGUN = 'begun';

export interface Deed {
  readonly requestId: string;
  readonly what: string;
  /** What it is done to: `APP/KEY` of an intent, `DEVICE/PORT`. */
  readonly subject: string;
  readonly request: unknown;
}

/** Who did what to the network through us: written before it is done, and again with how it went. */
@Injectable()
export class Audit {
  constructor(private readonly ledger: Ledger) {}

  /**
   * Does `work` once for its request id. A repeat gets the first entry and does nothing; where the first one's end is not known
   * (the bridge died in it) the repeat is refused with 409. `work` gives the outcome; what it throws is one too.
   */
  async doing(deed: Deed, work: () => Promise<string>): Promise<AuditEntry> {
    let fresh = false;
    const { id } = await this.ledger.write((db) =>
      once(db, `audit:${deed.requestId}`, deed.what, nowUs(), async () => {
        fresh = true;
        const row = {
          at: nowUs(),
          who: 'api',
          what: deed.what,
          subject: deed.subject,
          request_json: JSON.stringify(deed.request),
          outcome: BEGUN,
        };
        const inserted = await db.insertInto('audit').values(row).returning('id').executeTakeFirstOrThrow();
        return { id: inserted.id };
      }),
    );
    if (!fresh) {
      const known = await this.get(id);
      if (known.outcome === BEGUN)
        throw new ConflictException(
          `request ${deed.requestId} was begun and its end is not known: look at ${deed.subject} before you ask again under another id`,
        );
      return known;
    }
    try {
      await this.end(id, await work());
    } catch (error) {
      await this.end(id, error instanceof Error ? error.message : String(error));
      throw error;
    }
    return this.get(id);
  }

  private async end(id: number, outcome: string): Promise<void> {
    await this.ledger.write((db) => db.updateTable('audit').set({ outcome }).where('id', '=', id).execute());
  }

  private async get(id: number): Promise<AuditEntry> {
    return toEntry(await this.ledger.db.selectFrom('audit').selectAll().where('id', '=', id).executeTakeFirstOrThrow());
  }

  /** The newest first. */
  async list(limit: number): Promise<AuditEntry[]> {
    return (await this.ledger.db.selectFrom('audit').selectAll().orderBy('id', 'desc').limit(limit).execute()).map(toEntry);
  }
}

const toEntry = (row: {
  id: number;
  at: number;
  who: string;
  what: string;
  subject: string;
  request_json: string;
  outcome: string;
}): AuditEntry => ({
  id: row.id,
  at: row.at,
  who: row.who,
  what: row.what,
  subject: row.subject,
  request: row.request_json,
  outcome: row.outcome,
});
