import type { LedgerDb } from './ledger.service.js';

/**
 * Does `work` once for a request id, however often and on however many bridges it is asked for: a repeat gets the first
 * result. Runs inside a ledger write.
 */
export async function once<A>(db: LedgerDb, requestId: string, kind: string, at: number, work: () => Promise<A>): Promise<A> {
  const known = await db.selectFrom('request').select('result_json').where('request_id', '=', requestId).executeTakeFirst();
  if (known !== undefined) return JSON.parse(known.result_json) as A; // our own words, written below
  const result = await work();
  await db
    .insertInto('request')
    .values({ request_id: requestId, kind, result_json: JSON.stringify(result), at })
    .execute();
  return result;
}
