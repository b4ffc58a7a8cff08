import { sql } from 'kysely';
import type { Ledger } from './ledger.service.js';

const DAY_US = 86_400_000_000;
/** How long the ledger remembers. Mitigations stay longest: how often a target was blocked decides how long it is blocked. */
export const KEEP_DAYS = { requests: 7, detections: 30, mitigations: 90 } as const;
/** Dead letters are kept by number: a flood of them must not push out what matters. */
export const KEEP_DEAD_LETTERS = 10_000;

/** Deletes what is older than is kept. What is live, and the numbers of a box's present run, are never touched. */
export async function forgetOld(ledger: Ledger, now: number): Promise<void> {
  const before = (days: number): number => now - days * DAY_US;
  await ledger.write(async (db) => {
    await db.deleteFrom('request').where('at', '<', before(KEEP_DAYS.requests)).execute();
    await db.deleteFrom('detection').where('received_at', '<', before(KEEP_DAYS.detections)).execute();
    // Whole runs only: what is missing of a run is counted from its numbers.
    await sql`delete from received where (box, boot) in
      (select box, boot from received group by box, boot having max(at) < ${before(KEEP_DAYS.detections)})`.execute(db);
    const ended = db.selectFrom('mitigation').select('id').where('live', '=', 0).where('lifted_at', '<', before(KEEP_DAYS.mitigations));
    await db.deleteFrom('placement').where('mitigation_id', 'in', ended).execute();
    await db.deleteFrom('transition').where('mitigation_id', 'in', ended).execute();
    await db.deleteFrom('mitigation').where('live', '=', 0).where('lifted_at', '<', before(KEEP_DAYS.mitigations)).execute();
    await sql`delete from dead_letter where id <= (select max(id) from dead_letter) - ${KEEP_DEAD_LETTERS}`.execute(db);
  });
}
