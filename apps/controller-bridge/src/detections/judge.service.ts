import type { Action, Detection } from '@guardpost/contracts';
import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { nowUs } from '../clock.js';
import { flowPlacement, type FlowPlacement } from '../enforcement/flow-enforcer.service.js';
import { Ledger, type LedgerDb } from '../ledger/ledger.service.js';
import type { MitigationRow, PlacementRow } from '../ledger/tables.js';
import { actionsOf, followPlacements, insertMitigation, insertPlacements } from '../mitigations/mitigation.store.js';
import { placementsFor, type WantedPlacement } from '../mitigations/placement-plan.js';
import { targetKey } from '../mitigations/target.js';
import { decide, targetOf, type Decision } from '../policy/decide.js';
import { PolicyInForce } from '../policy/policy-in-force.js';
import { Places } from '../mitigations/places.js';

export interface Received {
  readonly box: string;
  readonly boot: string;
  readonly seq: number;
  /** Of the message: tells a second delivery from another message under the same number. */
  readonly hash: string;
}
export type Judged = { readonly placements: readonly FlowPlacement[] } | { readonly refused: string };

const NOTHING: Judged = { placements: [] };

/** Writes a detection and what follows from it in one step: so there is no moment at which one is known without the other. */
@Injectable()
export class Judge {
  constructor(
    private readonly ledger: Ledger,
    private readonly policy: PolicyInForce,
    private readonly places: Pick<Places, 'of'>,
  ) {}

  judge(detection: Detection, received: Received, receivedAt: number): Promise<Judged> {
    return this.ledger.write(async (db) => {
      const first = await db
        .insertInto('received')
        .values({ ...received, at: receivedAt })
        .onConflict((c) => c.columns(['box', 'boot', 'seq']).doNothing())
        .executeTakeFirst();
      if (first.numInsertedOrUpdatedRows === 0n) return this.repeated(db, received);
      const known = await db
        .selectFrom('detection')
        .select(['revision', 'mitigation_id'])
        .where('id', '=', detection.id)
        .executeTakeFirst();
      if (known !== undefined && known.revision >= detection.revision) return NOTHING; // overtaken by a newer one
      const { placements, decision, mitigationId } = await this.act(db, detection, receivedAt);
      const row = {
        revision: detection.revision,
        body_json: JSON.stringify(detection),
        decision: `${decision.kind}: ${decision.why}`,
        mitigation_id: mitigationId ?? known?.mitigation_id ?? null,
      };
      await db
        .insertInto('detection')
        .values({ id: detection.id, box: detection.box, received_at: receivedAt, ...row })
        .onConflict((c) => c.column('id').doUpdateSet(row))
        .execute();
      return { placements };
    });
  }

  /** The same message again is no harm; another one under a number that was used is. */
  private async repeated(db: LedgerDb, { box, boot, seq, hash }: Received): Promise<Judged> {
    const used = await db
      .selectFrom('received')
      .select('hash')
      .where('box', '=', box)
      .where('boot', '=', boot)
      .where('seq', '=', seq)
      .executeTakeFirst();
    return used?.hash === hash ? NOTHING : { refused: `old seq: number ${seq} of ${box}, run ${boot}, was used by another message` };
  }

  private async act(
    db: LedgerDb,
    detection: Detection,
    receivedAt: number,
  ): Promise<{ placements: readonly FlowPlacement[]; decision: Decision; mitigationId: string | null }> {
    const target = targetOf(detection);
    const now = nowUs();
    const live = await db
      .selectFrom('mitigation')
      .selectAll()
      .where('target_key', '=', targetKey(target))
      .where('live', '=', 1)
      .executeTakeFirst();
    if (live !== undefined) return this.extend(db, live, detection, now);
    const decision = decide(this.policy.current, await this.facts(db, detection, now));
    if (decision.kind === 'leave') return { placements: [], decision, mitigationId: null };
    const mitigation = await insertMitigation(db, {
      target,
      actions: decision.actions,
      scope: decision.scope,
      reason: decision.why,
      by: `policy:${decision.rule}`,
      offence: await this.offences(db, targetKey(target)),
      ttlSeconds: decision.ttlSeconds,
      now,
      seen: { detectionId: detection.id, firstAt: detection.firstAt, queuedAt: detection.queuedAt, receivedAt },
    });
    const rows = await insertPlacements(
      db,
      { id: mitigation.id, target },
      this.wanted(detection, decision.actions, decision.scope, []),
      now,
    );
    return { placements: rows.map((row) => flowPlacement(row, target)), decision, mitigationId: mitigation.id };
  }

  /** The target is blocked already: only places where it was not met before are new. */
  private async extend(db: LedgerDb, live: MitigationRow, detection: Detection, now: number) {
    const lifting = live.state === 'lifting';
    const decision: Decision = { kind: 'leave', why: lifting ? `${live.id} is being lifted` : `${live.id} blocks it` };
    if (lifting) return { placements: [], decision, mitigationId: live.id };
    const known = await db.selectFrom('placement').selectAll().where('mitigation_id', '=', live.id).execute();
    const target = targetOf(detection);
    const rows = await insertPlacements(db, { id: live.id, target }, this.wanted(detection, actionsOf(live), live.scope, known), now);
    if (rows.length > 0) await followPlacements(db, live.id, 'policy', `also seen on ${detection.box}`, now);
    return { placements: rows.map((row) => flowPlacement(row, target)), decision, mitigationId: live.id };
  }

  /** A wider scope covers every place that a detection can name: nothing is added to it later. */
  private wanted(detection: Detection, actions: readonly Action[], scope: string, known: readonly PlacementRow[]): WantedPlacement[] {
    if (scope === 'nearest') return placementsFor(detection, actions, known);
    const tap = placementsFor(
      detection,
      actions.filter((a) => a === 'tap-drop'),
      known,
    );
    if (known.length > 0 || !actions.includes('drop-flow')) return tap;
    return [...tap, ...this.places.of(scope === 'edge' ? 'edge' : 'all')];
  }

  private async facts(db: LedgerDb, detection: Detection, now: number) {
    const key = targetKey(targetOf(detection));
    const indicator = await db
      .selectFrom('indicator')
      .select(['feed', 'confidence'])
      .where('id', '=', detection.indicator.id)
      .where('removed_at', 'is', null)
      .executeTakeFirst();
    const lifted = await db
      .selectFrom('mitigation')
      .select(['lifted_at', 'muted_until'])
      .where('target_key', '=', key)
      .where('live', '=', 0)
      .orderBy('lifted_at', 'desc')
      .executeTakeFirst();
    const { n } = await db
      .selectFrom('mitigation')
      .select((e) => e.fn.countAll<number>().as('n'))
      .where('live', '=', 1)
      .executeTakeFirstOrThrow();
    return {
      detection,
      indicator,
      offences: await this.offences(db, key),
      live: n,
      lifted: lifted === undefined ? undefined : { at: lifted.lifted_at ?? 0, mutedUntil: lifted.muted_until },
      now,
    };
  }

  /** Times that the target was blocked until its time ran out. */
  private async offences(db: LedgerDb, key: string): Promise<number> {
    const row = await db
      .selectFrom('mitigation')
      .select(sql<number>`count(*)`.as('n'))
      .where('target_key', '=', key)
      .where('live', '=', 0)
      .where('muted_until', 'is', null)
      .executeTakeFirst();
    return row?.n ?? 0;
  }
}
