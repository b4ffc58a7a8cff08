import type { Ledger, LedgerDb } from '../ledger/ledger.service.js';
import type { PlacementRow } from '../ledger/tables.js';
import { changeState, targetOfRow } from '../mitigations/mitigation.store.js';
import { flowPlacement, type FlowPlacement } from './flow-enforcer.service.js';

/** At most so many placements are taken up in one turn. */
const TURN = 500;

/**
 * Rules of mitigations that are to hold, of those that are being lifted, or rules that others of the same mitigation replace.
 * With `dueAt` only what may be done then: a guard goes after its intent is back, a replaced rule after its successors stand.
 */
export async function flowPlacements(
  ledger: Ledger,
  which: { readonly of: 'held' | 'lifting' | 'replaced'; readonly states: readonly string[]; readonly dueAt?: number },
): Promise<FlowPlacement[]> {
  let query = ledger.db
    .selectFrom('placement')
    .innerJoin('mitigation', 'mitigation.id', 'placement.mitigation_id')
    .selectAll('placement')
    .select(['mitigation.prefix as target_prefix', 'mitigation.proto as target_proto', 'mitigation.port as target_port'])
    .where((e) => e.or([e('placement.action', '=', 'drop-flow'), e('placement.role', 'in', ['guard', 'stand-in'])]))
    .where('placement.state', 'in', [...which.states])
    .where('mitigation.live', '=', 1)
    .where('mitigation.state', which.of === 'lifting' ? '=' : '!=', 'lifting');
  if (which.of === 'lifting' && which.dueAt !== undefined)
    query = query.where((e) =>
      e.or([
        e('placement.role', 'is', null),
        e.not(
          e.exists(
            e
              .selectFrom('placement as held')
              .select('held.id')
              .whereRef('held.mitigation_id', '=', 'placement.mitigation_id')
              .where('held.role', '=', 'intent')
              .where('held.state', '!=', 'lifted'),
          ),
        ),
      ]),
    );
  if (which.of === 'replaced' && which.dueAt !== undefined)
    query = query.where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('placement as next')
            .select('next.id')
            .whereRef('next.mitigation_id', '=', 'placement.mitigation_id')
            .where('next.action', '=', 'drop-flow')
            .where('next.state', 'in', ['requested', 'accepted']),
        ),
      ),
    );
  if (which.dueAt !== undefined) query = query.where('placement.retry_at', '<=', which.dueAt).limit(TURN);
  const rows = await query.execute();
  return rows.map(({ target_prefix: prefix, target_proto: proto, target_port: port, ...row }) =>
    flowPlacement(row, targetOfRow({ prefix, proto, port })),
  );
}

/** Withdrawn intents of mitigations that are being lifted, or of those that are to hold. */
export async function intentPlacements(
  db: LedgerDb,
  which: { readonly lifting: boolean; readonly states: readonly string[]; readonly dueAt?: number },
): Promise<PlacementRow[]> {
  let query = db
    .selectFrom('placement')
    .innerJoin('mitigation', 'mitigation.id', 'placement.mitigation_id')
    .selectAll('placement')
    .where('placement.role', '=', 'intent')
    .where('placement.state', 'in', [...which.states])
    .where('mitigation.live', '=', 1)
    .where('mitigation.state', which.lifting ? '=' : '!=', 'lifting');
  if (which.dueAt !== undefined) query = query.where('placement.retry_at', '<=', which.dueAt).limit(TURN);
  return query.execute();
}

/**
 * For devices that are back: what waits for its next try there, or at no device, is due now; and what ONOS took while they were away
 * is sent once more, for it would look at them only at its next poll.
 */
export async function hasten(ledger: Ledger, devices: readonly string[], now: number): Promise<void> {
  await ledger.write(async (db) => {
    await db
      .updateTable('placement')
      .set({ state: 'requested', retry_at: now })
      .where('state', '=', 'accepted')
      .where('device', 'in', [...devices])
      .execute();
    await db
      .updateTable('placement')
      .set({ retry_at: now })
      .where('state', 'in', ['requested', 'lifting'])
      .where('retry_at', '>', now)
      .where((e) => e.or([e('device', 'is', null), e('device', 'in', [...devices])]))
      .execute();
  });
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

/** From here on nothing of the mitigation is put anywhere any more; what is out there is taken back. */
export async function beginLift(db: LedgerDb, id: string, who: string, why: string, now: number): Promise<void> {
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
