import { randomBytes } from 'node:crypto';
import {
  Action,
  Mitigation,
  MitigationState,
  PlacementRole,
  PlacementState,
  Scope,
  type MitigationDetail,
  type Placement,
  type Target,
  type WithdrawnIntent,
} from '@guardpost/contracts';
import { isRight } from 'fp-ts/lib/Either.js';
import type * as t from 'io-ts';
import type { LedgerDb } from '../ledger/ledger.service.js';
import type { MitigationRow, PlacementRow } from '../ledger/tables.js';
import { readRecord } from '../withdrawals/intent-record.js';
import { dropPriority, ruleKey } from './flow-rule.js';
import { stateOf } from './mitigation-state.js';
import type { WantedPlacement } from './placement-plan.js';
import { targetKey } from './target.js';
import { traceOf } from './trace.js';

/** Ids sort by time of making. */
export const newId = (kind: 'm' | 'p' | 'i', nowUs: number): string =>
  `${kind}-${Math.floor(nowUs / 1000).toString(36)}${randomBytes(5).toString('hex')}`;

/** A word that we wrote ourselves, read back. Anything else means that the ledger was tampered with. */
function stored<A>(codec: t.Type<A>, value: unknown): A {
  const decoded = codec.decode(value);
  if (isRight(decoded)) return decoded.right;
  throw new Error(`the ledger holds ${String(value)} where ${codec.name} belongs`);
}

export const actionsOf = (row: Pick<MitigationRow, 'actions'>): Action[] => row.actions.split(',').map((a) => stored(Action, a));
export const targetOfRow = ({ prefix, proto, port }: Pick<MitigationRow, 'prefix' | 'proto' | 'port'>): Target => ({ prefix, proto, port });

export interface NewMitigation {
  readonly target: Target;
  readonly actions: readonly Action[];
  readonly scope: Scope;
  readonly reason: string;
  readonly by: string;
  readonly offence: number;
  readonly ttlSeconds: number;
  readonly now: number;
  readonly seen?: { readonly detectionId: string; readonly firstAt: number; readonly queuedAt: number; readonly receivedAt: number };
}

/** All of these run inside a ledger write. */
export async function insertMitigation(db: LedgerDb, m: NewMitigation): Promise<MitigationRow> {
  const row: MitigationRow = {
    id: newId('m', m.now),
    target_key: targetKey(m.target),
    prefix: m.target.prefix,
    proto: m.target.proto,
    port: m.target.port,
    actions: m.actions.join(','),
    scope: m.scope,
    state: 'requested',
    live: 1,
    reason: m.reason,
    by: m.by,
    offence: m.offence,
    detection_id: m.seen?.detectionId ?? null,
    first_packet_at: m.seen?.firstAt ?? null,
    queued_at: m.seen?.queuedAt ?? null,
    received_at: m.seen?.receivedAt ?? null,
    created_at: m.now,
    expires_at: m.now + m.ttlSeconds * 1_000_000,
    lifted_at: null,
    muted_until: null,
  };
  await db.insertInto('mitigation').values(row).execute();
  await insertTransition(db, row.id, m.now, null, 'requested', m.by, m.reason);
  return row;
}

export async function insertPlacements(
  db: LedgerDb,
  mitigation: { readonly id: string; readonly target: Target },
  wanted: readonly WantedPlacement[],
  now: number,
): Promise<PlacementRow[]> {
  const priority = dropPriority(mitigation.target);
  const rows = wanted.map<PlacementRow>((w) => ({
    id: newId('p', now),
    mitigation_id: mitigation.id,
    role: w.role ?? null,
    priority: w.rule?.priority ?? (w.action === 'drop-flow' ? priority : null),
    rule_json: w.rule === undefined ? null : JSON.stringify(w.rule),
    rule_key: w.rule === undefined ? null : ruleKey(w.rule),
    intent_app: w.intent?.appId ?? null,
    intent_key: w.intent?.key ?? null,
    record_json: null,
    action: w.action,
    box: w.box,
    device: w.device,
    in_port: w.inPort,
    side: w.side,
    state: 'requested',
    flow_id: null,
    attempts: 0,
    retry_at: now,
    problem: null,
    requested_at: now,
    accepted_at: null,
    confirmed_at: null,
    first_hit_at: null,
    packets: 0,
    bytes: 0,
    drifts: 0,
  }));
  if (rows.length > 0) await db.insertInto('placement').values(rows).execute();
  return rows;
}

/** Wants a placement again that was lifted while its mitigation lives. */
export async function revivePlacements(db: LedgerDb, rows: readonly PlacementRow[], now: number): Promise<void> {
  const ids = rows.map(({ id }) => id);
  if (ids.length > 0)
    await db.updateTable('placement').set({ state: 'requested', retry_at: now, problem: null }).where('id', 'in', ids).execute();
}

export const insertTransition = async (
  db: LedgerDb,
  id: string,
  at: number,
  from: MitigationState | null,
  to: MitigationState,
  who: string,
  why: string,
): Promise<void> => {
  await db.insertInto('transition').values({ mitigation_id: id, at, from_state: from, to_state: to, who, why }).execute();
};

/** Changes one placement, then the state of its mitigation if that follows. Says whether the mitigation changed. */
export async function updatePlacement(
  db: LedgerDb,
  placement: Pick<PlacementRow, 'id' | 'mitigation_id'>,
  change: Partial<PlacementRow>,
  who: string,
  why: string,
  now: number,
): Promise<MitigationState> {
  await db.updateTable('placement').set(change).where('id', '=', placement.id).execute();
  return followPlacements(db, placement.mitigation_id, who, why, now);
}

export async function followPlacements(db: LedgerDb, id: string, who: string, why: string, now: number): Promise<MitigationState> {
  const { state } = await db.selectFrom('mitigation').select('state').where('id', '=', id).executeTakeFirstOrThrow();
  const current = stored(MitigationState, state);
  const rows = await db.selectFrom('placement').select(['state', 'role']).where('mitigation_id', '=', id).execute();
  const next = stateOf(
    current,
    // A stand-in is there for others: it says nothing about whether the target's traffic is stopped.
    rows.filter((r) => r.role !== 'stand-in' || current === 'lifting').map((r) => stored(PlacementState, r.state)),
  );
  if (next !== current) await changeState(db, id, current, next, who, why, now);
  return next;
}

export async function changeState(
  db: LedgerDb,
  id: string,
  from: MitigationState,
  to: MitigationState,
  who: string,
  why: string,
  now: number,
): Promise<void> {
  const ended = to === 'lifted' || to === 'failed';
  await db
    .updateTable('mitigation')
    .set({ state: to, ...(ended ? { live: 0, lifted_at: now } : {}) })
    .where('id', '=', id)
    .execute();
  await insertTransition(db, id, now, from, to, who, why);
}

export function toMitigation(row: MitigationRow): Mitigation {
  return {
    id: row.id,
    target: targetOfRow(row),
    actions: actionsOf(row),
    scope: stored(Scope, row.scope),
    state: stored(MitigationState, row.state),
    reason: row.reason,
    by: row.by,
    offence: row.offence,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    liftedAt: row.lifted_at,
    mutedUntil: row.muted_until,
  };
}

function toPlacement(row: PlacementRow): Placement {
  return {
    id: row.id,
    action: stored(Action, row.action),
    role: row.role === null ? null : stored(PlacementRole, row.role),
    priority: row.priority,
    intent: withdrawnIntent(row),
    box: row.box,
    device: row.device,
    inPort: row.in_port,
    side: row.side === null ? null : row.side === 'from' ? 'from' : 'to',
    state: stored(PlacementState, row.state),
    flowId: row.flow_id,
    attempts: row.attempts,
    problem: row.problem,
    requestedAt: row.requested_at,
    acceptedAt: row.accepted_at,
    confirmedAt: row.confirmed_at,
    firstHitAt: row.first_hit_at,
    packets: row.packets,
    bytes: row.bytes,
    drifts: row.drifts,
  };
}

function withdrawnIntent({ intent_app: appId, intent_key: key, record_json }: PlacementRow): WithdrawnIntent | null {
  if (appId === null || key === null) return null;
  const record = record_json === null ? undefined : readRecord(record_json);
  return { appId, key, recordedAt: record?.at ?? null, rules: record?.rules.length ?? 0, siblings: [...(record?.siblings ?? [])] };
}

/** One mitigation with all that belongs to it; undefined where there is none. */
export async function readDetail(db: LedgerDb, id: string): Promise<MitigationDetail | undefined> {
  const row = await db.selectFrom('mitigation').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) return undefined;
  const placements = await db.selectFrom('placement').selectAll().where('mitigation_id', '=', id).orderBy('id').execute();
  const transitions = await db.selectFrom('transition').selectAll().where('mitigation_id', '=', id).orderBy('at').execute();
  return {
    ...toMitigation(row),
    placements: placements.map(toPlacement),
    trace: traceOf(row, placements),
    transitions: transitions.map((x) => ({
      at: x.at,
      from: x.from_state === null ? null : stored(MitigationState, x.from_state),
      to: stored(MitigationState, x.to_state),
      who: x.who,
      why: x.why,
    })),
  };
}
