import type { Ledger } from '../ledger/ledger.service.js';
import { changeState, targetOfRow } from '../mitigations/mitigation.store.js';
import type { FlowPlacement } from './flow-enforcer.service.js';

/** At most so many placements are taken up in one turn. */
const TURN = 500;

/** Flow placements, with their targets, of mitigations that are being lifted, or of those that are to hold. */
export async function flowPlacements(
  ledger: Ledger,
  which: { readonly lifting: boolean; readonly states: readonly string[]; readonly dueAt?: number },
): Promise<FlowPlacement[]> {
  let query = ledger.db
    .selectFrom('placement')
    .innerJoin('mitigation', 'mitigation.id', 'placement.mitigation_id')
    .selectAll('placement')
    .select(['mitigation.prefix as target_prefix', 'mitigation.proto as target_proto', 'mitigation.port as target_port'])
    .where('placement.action', '=', 'drop-flow')
    .where('placement.state', 'in', [...which.states])
    .where('mitigation.live', '=', 1)
    .where('mitigation.state', which.lifting ? '=' : '!=', 'lifting');
  if (which.dueAt !== undefined) query = query.where('placement.retry_at', '<=', which.dueAt).limit(TURN);
  const rows = await query.execute();
  return rows.map(({ target_prefix: prefix, target_proto: proto, target_port: port, ...row }) => ({
    row,
    target: targetOfRow({ prefix, proto, port }),
  }));
}

/** Begins to lift what has run its time. Returns how many. */
export async function expire(ledger: Ledger, now: number): Promise<number> {
  const due = await ledger.db
    .selectFrom('mitigation')
    .select('id')
    .where('live', '=', 1)
    .where('state', '!=', 'lifting')
    .where('expires_at', '<=', now)
    .execute();
  if (due.length === 0) return 0;
  await ledger.write(async (db) => {
    for (const { id } of due) {
      const row = await db.selectFrom('mitigation').select('state').where('id', '=', id).executeTakeFirstOrThrow();
      if (row.state === 'lifting' || row.state === 'lifted' || row.state === 'failed') continue;
      await beginLift(db, id, 'expiry', 'its time has run out', now);
    }
  });
  return due.length;
}

type LiftDb = Parameters<Parameters<Ledger['write']>[0]>[0];

/** From here on nothing of the mitigation is put anywhere any more; what is out there is taken back. */
export async function beginLift(db: LiftDb, id: string, who: string, why: string, now: number): Promise<void> {
  const { state } = await db.selectFrom('mitigation').select('state').where('id', '=', id).executeTakeFirstOrThrow();
  if (state !== 'requested' && state !== 'active' && state !== 'out_of_sync') return;
  await changeState(db, id, state, 'lifting', who, why, now);
  await db
    .updateTable('placement')
    .set({ state: 'lifting', retry_at: now })
    .where('mitigation_id', '=', id)
    .where('state', '!=', 'lifted')
    .execute();
}
