import { sql } from 'kysely';
import type { Ledger } from '../ledger/ledger.service.js';

/** A leader that is gone is replaced after this. */
const LEASE_MS = 3_000;
const RENEW_MS = 1_000;

/**
 * Which of several bridges acts on the network: the one that holds the lease in the ledger. What it does is idempotent
 * all the same, for a leader that was asleep may wake up and finish a call.
 */
export class Leadership {
  private until = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly ledger: Ledger,
    /** Unique to this run: a restarted bridge is somebody else. */
    private readonly holder: string,
    private readonly onGained: () => void,
    private readonly onProblem: (error: unknown) => void,
  ) {}

  get leads(): boolean {
    return Date.now() < this.until;
  }

  async start(): Promise<void> {
    await this.renew();
    this.timer = setInterval(() => void this.renew(), RENEW_MS);
  }

  private async renew(): Promise<void> {
    const led = this.leads;
    const now = Date.now();
    try {
      const held = await this.ledger.write(async (db) => {
        await sql`insert into lease (name, holder, until_ms) values ('leader', ${this.holder}, ${now + LEASE_MS})
          on conflict (name) do update set holder = excluded.holder, until_ms = excluded.until_ms
          where lease.holder = excluded.holder or lease.until_ms < ${now}`.execute(db);
        const row = await db.selectFrom('lease').select('holder').where('name', '=', 'leader').executeTakeFirst();
        return row?.holder === this.holder;
      });
      this.until = held ? now + LEASE_MS : 0;
      if (this.leads && !led) this.onGained();
    } catch (error) {
      this.onProblem(error);
    }
  }

  /** Gives the lease back, so that another bridge need not wait for its end. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.until = 0;
    await this.ledger.write((db) => db.deleteFrom('lease').where('holder', '=', this.holder).execute());
  }
}
