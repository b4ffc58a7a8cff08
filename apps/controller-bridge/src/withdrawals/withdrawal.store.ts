import { nowUs } from '../clock.js';
import type { Ledger } from '../ledger/ledger.service.js';
import type { PlacementRow } from '../ledger/tables.js';
import { updatePlacement } from '../mitigations/mitigation.store.js';

export const SOON_US = 100_000;
export const LATER_US = 5_000_000;
const RETRY_FIRST_US = 200_000;
const RETRY_MAX_US = 10_000_000;

/** Notes why a step did not work and when it is tried again: after `waitUs`, or after longer and longer, to 10 s. */
export async function postpone(
  ledger: Ledger,
  row: Pick<PlacementRow, 'id' | 'attempts'>,
  problem: string,
  waitUs?: number,
): Promise<void> {
  const wait = waitUs ?? Math.min(RETRY_FIRST_US * 2 ** Math.min(row.attempts, 10), RETRY_MAX_US);
  await ledger.write((db) =>
    db
      .updateTable('placement')
      .set((e) => ({ problem, attempts: e('attempts', '+', 1), retry_at: nowUs() + wait }))
      .where('id', '=', row.id)
      .execute(),
  );
}

export const keepRecord = (ledger: Ledger, { id, record_json }: PlacementRow): Promise<unknown> =>
  ledger.write((db) => db.updateTable('placement').set({ record_json }).where('id', '=', id).execute());

/** Changes a placement that is to hold; one that is being lifted meanwhile is left as it is. */
export const changeHeld = (
  ledger: Ledger,
  row: PlacementRow,
  change: Partial<PlacementRow>,
  who: string,
  why: string,
  from: readonly string[] = ['requested', 'accepted', 'confirmed'],
): Promise<unknown> =>
  ledger.write(async (db) => {
    const current = await db.selectFrom('placement').select('state').where('id', '=', row.id).executeTakeFirst();
    if (current !== undefined && from.includes(current.state)) await updatePlacement(db, row, change, who, why, nowUs());
  });

export async function lifted(ledger: Ledger, row: PlacementRow, why: string): Promise<void> {
  await ledger.write((db) => updatePlacement(db, row, { state: 'lifted', problem: null }, 'enforcer', why, nowUs()));
}

/** Those of `rows` that are to hold still: others have begun to be lifted while their turn came. */
export async function stillHeld(ledger: Ledger, rows: readonly PlacementRow[]): Promise<Set<string>> {
  const found = await ledger.db
    .selectFrom('placement')
    .select('id')
    .where('id', 'in', [...rows.map((r) => r.id), ''])
    .where('state', 'in', ['requested', 'accepted', 'confirmed'])
    .execute();
  return new Set(found.map((r) => r.id));
}

/** Keys of the stand-in rules of mitigations that go on. */
export async function standInsThatStay(ledger: Ledger): Promise<Set<string>> {
  const found = await ledger.db
    .selectFrom('placement')
    .innerJoin('mitigation', 'mitigation.id', 'placement.mitigation_id')
    .select('placement.rule_key')
    .where('placement.role', '=', 'stand-in')
    .where('placement.state', 'in', ['accepted', 'confirmed'])
    .where('mitigation.live', '=', 1)
    .where('mitigation.state', '!=', 'lifting')
    .execute();
  return new Set(found.map((r) => r.rule_key ?? ''));
}
