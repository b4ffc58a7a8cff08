import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, Migrator, sql, SqliteDialect } from 'kysely';
import { migrations } from './migrations.js';
import type { LedgerTables } from './tables.js';

export type LedgerDb = Kysely<LedgerTables>;

interface Waiting {
  readonly work: (db: LedgerDb) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** While it opens, SQLite itself waits for another bridge's migration. */
const OPEN_WAIT_MS = 10_000;
/** How long a write waits for another bridge's commit, and how long between two tries. */
const LOCK_WAIT_MS = 10_000;
const LOCK_RETRY_MS = 2;

/** At most so many writes share one commit: bounds how long the first of them waits. */
const GROUP_MAX = 200;

/**
 * What Guardpost knows and has decided. SQLite in WAL with `synchronous=FULL`: a write that resolved survives a kill and
 * a power cut. Writes that wait at the same time share one commit. Several bridges may open the same file.
 */
export class Ledger {
  private readonly waiting: Waiting[] = [];
  private draining: Promise<void> | undefined;

  private constructor(readonly db: LedgerDb) {}

  /** Opens the file (or `:memory:`), makes it where it is missing, and brings its tables up to date. */
  static async open(file: string): Promise<Ledger> {
    mkdirSync(dirname(file), { recursive: true });
    const database = new SqliteDatabase(file, { timeout: OPEN_WAIT_MS });
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    const db: LedgerDb = new Kysely<LedgerTables>({ dialect: new SqliteDialect({ database }) });
    const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
    const { error } = await migrator.migrateToLatest();
    if (error !== undefined) throw new Error(`the ledger ${file} can't be brought up to date`, { cause: error });
    database.pragma('busy_timeout = 0'); // from here on `begin` waits, without holding up the process
    return new Ledger(db);
  }

  /** Runs `work` in a transaction that holds the write lock. Resolves when it is on the disk. */
  write<A>(work: (db: LedgerDb) => Promise<A>): Promise<A> {
    return new Promise<A>((resolve, reject) => {
      this.waiting.push({ work, resolve: (value) => resolve(value as A), reject });
      this.draining ??= this.drain();
    });
  }

  private async drain(): Promise<void> {
    await Promise.resolve(); // what is asked for in the same turn joins the same commit
    while (this.waiting.length > 0) {
      const group = this.waiting.splice(0, GROUP_MAX);
      await this.commit(group).catch(async () => {
        // One of them failed and took the others with it: each on its own, so that only the guilty one fails.
        for (const one of group) await this.commit([one]).catch(one.reject);
      });
    }
    this.draining = undefined; // in the same turn as the last look: a write that comes now begins anew
  }

  private async commit(group: readonly Waiting[]): Promise<void> {
    const results = await this.db.connection().execute(async (db) => {
      await begin(db);
      try {
        const values: unknown[] = [];
        for (const { work } of group) values.push(await work(db));
        await sql`commit`.execute(db);
        return values;
      } catch (error) {
        await sql`rollback`.execute(db).catch(() => undefined);
        throw error;
      }
    });
    group.forEach(({ resolve }, i) => resolve(results[i]));
  }

  async close(): Promise<void> {
    await this.draining;
    await this.db.destroy();
  }
}

/** Takes the write lock, waiting for another bridge that holds it. */
async function begin(db: LedgerDb): Promise<void> {
  const until = Date.now() + LOCK_WAIT_MS;
  for (;;) {
    try {
      await sql`begin immediate`.execute(db);
      return;
    } catch (error) {
      const busy = error instanceof SqliteDatabase.SqliteError && error.code === 'SQLITE_BUSY';
      if (!busy || Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_MS));
    }
  }
}
