import type { FlowSeen, FlowTable, FlowHit, DropState } from '@guardpost/contracts';
import { Injectable } from '@nestjs/common';
import type * as t from 'io-ts';
import type { ExpressionBuilder } from 'kysely';
import { nowUs } from '../clock.js';
import { Enforcement } from '../enforcement/enforcement.service.js';
import { FlowEvents } from '../enforcement/flow-events.js';
import { Ledger } from '../ledger/ledger.service.js';
import type { LedgerTables } from '../ledger/tables.js';
import { updatePlacement } from '../mitigations/mitigation.store.js';

/** Boxes tell of rules that drop. Stand-ins forward: only ONOS knows of them. */
const DROPS = (e: ExpressionBuilder<LedgerTables, 'placement'>) => e.or([e('role', 'is', null), e('role', '!=', 'stand-in')]);
/** How far a box's table may be behind what it just reported itself. */
const TABLE_LAG_US = 1_000_000;

/** What the boxes see of our rules in their own bridges: it confirms placements, and shows drift at once. */
@Injectable()
export class FlowReports {
  constructor(
    private readonly ledger: Ledger,
    private readonly events: FlowEvents,
    private readonly enforcement: Enforcement,
  ) {}

  async seen(report: t.TypeOf<typeof FlowSeen>): Promise<void> {
    const { device, flowId, at } = report;
    if (report.event === 'deleted') return this.deleted(device, flowId, at);
    this.events.onAdded(device, flowId, at);
    await this.confirm(device, [flowId], at);
  }

  /** The whole table of a bridge: confirms what was missed, and misses what is gone. */
  async table({ device, flowIds, at }: t.TypeOf<typeof FlowTable>): Promise<void> {
    await this.confirm(device, flowIds, at);
    const present = new Set(flowIds);
    const confirmed = await this.ledger.db
      .selectFrom('placement')
      .select(['flow_id', 'confirmed_at'])
      .where('device', '=', device)
      .where('state', '=', 'confirmed')
      .where(DROPS)
      .execute();
    for (const { flow_id, confirmed_at } of confirmed)
      if (flow_id !== null && !present.has(flow_id) && (confirmed_at ?? at) < at - TABLE_LAG_US) await this.deleted(device, flow_id, at);
  }

  private async confirm(device: string, flowIds: readonly string[], at: number): Promise<void> {
    if (flowIds.length === 0) return;
    const waiting = await this.ledger.db
      .selectFrom('placement')
      .select('id')
      .where('device', '=', device)
      .where('state', '=', 'accepted')
      .where('flow_id', 'in', [...flowIds])
      .execute();
    if (waiting.length === 0) return;
    await this.ledger.write(async (db) => {
      for (const { id } of waiting) {
        const row = await db.selectFrom('placement').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
        if (row.state !== 'accepted') continue;
        await updatePlacement(
          db,
          row,
          { state: 'confirmed', confirmed_at: row.confirmed_at ?? at, problem: null },
          'box',
          'in the switch',
          nowUs(),
        );
      }
    });
  }

  /** A rule of ours left the switch. Wanted still: it is drift, and is put back at once. */
  private async deleted(device: string, flowId: string, at: number): Promise<void> {
    this.events.onDeleted(device, flowId);
    const drifted = await this.ledger.write(async (db) => {
      const rows = await db
        .selectFrom('placement')
        .selectAll()
        .where('device', '=', device)
        .where('flow_id', '=', flowId)
        .where('state', 'in', ['accepted', 'confirmed'])
        .where(DROPS)
        .execute();
      for (const row of rows)
        await updatePlacement(
          db,
          row,
          { state: 'requested', retry_at: nowUs(), drifts: row.drifts + 1 },
          'box',
          'rule gone from the switch',
          at,
        );
      return rows.length > 0;
    });
    if (drifted) this.enforcement.hurry([]);
  }

  async hit({ device, flowId, packets, at }: t.TypeOf<typeof FlowHit>): Promise<void> {
    await this.ledger.write((db) =>
      db
        .updateTable('placement')
        .set({ first_hit_at: at, packets })
        .where('device', '=', device)
        .where('flow_id', '=', flowId)
        .where('first_hit_at', 'is', null)
        .where('state', 'in', ['accepted', 'confirmed'])
        .execute(),
    );
  }

  /** The drop list of a box as the kernel has it. */
  async drops(box: string, report: t.TypeOf<typeof DropState>): Promise<void> {
    const rows = await this.ledger.db
      .selectFrom('placement')
      .selectAll()
      .where('action', '=', 'tap-drop')
      .where('box', '=', box)
      .where('state', 'in', ['requested', 'accepted', 'confirmed', 'lifting'])
      .execute();
    const entries = new Map(report.entries.map((e) => [e.id, e]));
    const problem = report.unavailable.length === 0 ? null : `tap-drop is unavailable on ${report.unavailable.join(', ')}`;
    const changed = rows.filter((row) => {
      const entry = entries.get(row.id);
      if (entry === undefined) return row.state === 'lifting' || row.state === 'confirmed';
      return row.state !== 'confirmed' || entry.packets !== row.packets || row.problem !== problem;
    });
    if (changed.length === 0) return;
    await this.ledger.write(async (db) => {
      for (const { id } of changed) {
        const row = await db.selectFrom('placement').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
        const entry = entries.get(id);
        const now = nowUs();
        if (entry === undefined) {
          if (row.state === 'lifting')
            await updatePlacement(db, row, { state: 'lifted', problem: null }, 'box', 'gone from the kernel', now);
          else if (row.state === 'confirmed')
            await updatePlacement(db, row, { state: 'accepted', drifts: row.drifts + 1 }, 'box', 'gone from the kernel', now);
          continue;
        }
        const counts = {
          packets: entry.packets,
          bytes: entry.bytes,
          first_hit_at: row.first_hit_at ?? (entry.packets > 0 ? entry.lastAt : null),
        };
        const confirms = row.state === 'requested' || row.state === 'accepted';
        await updatePlacement(
          db,
          row,
          {
            ...counts,
            problem,
            ...(confirms
              ? { state: 'confirmed', accepted_at: row.accepted_at ?? report.at, confirmed_at: row.confirmed_at ?? report.at }
              : {}),
          },
          'box',
          'in the kernel of the box',
          now,
        );
      }
    });
  }
}
