import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dropRule } from '@guardpost/intents';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Enforcement } from '../enforcement/enforcement.service.js';
import { FlowEvents } from '../enforcement/flow-events.js';
import { Ledger } from '../ledger/ledger.service.js';
import { insertMitigation, insertPlacements } from '../mitigations/mitigation.store.js';
import { FlowReports } from './flow-reports.js';

const DEVICE = 'of:0000000000000001';
const target = { prefix: '203.0.113.0/24', proto: null, port: null };
const LATER = 10_000_000;

let dir: string;
let ledger: Ledger;
let reports: FlowReports;
let hurried: number;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'guardpost-reports-'));
  ledger = await Ledger.open(join(dir, 'ledger.db'));
  hurried = 0;
  reports = new FlowReports(ledger, new FlowEvents(), { hurry: () => void hurried++ } as unknown as Enforcement);
  await ledger.write(async (db) => {
    const { id } = await insertMitigation(db, {
      target,
      actions: ['withdraw-intent'],
      scope: 'all',
      reason: 'test',
      by: 'api',
      offence: 0,
      ttlSeconds: 60,
      now: 1,
    });
    const place = { action: 'withdraw-intent' as const, box: null, device: DEVICE, inPort: null, side: null };
    const rules = (['guard', 'stand-in'] as const).map((role, i) => ({ ...place, role, rule: dropRule(DEVICE, 999 - i, []) }));
    await insertPlacements(db, { id, target }, rules, 1);
    for (const role of ['guard', 'stand-in'])
      await db.updateTable('placement').set({ state: 'confirmed', flow_id: role, confirmed_at: 1 }).where('role', '=', role).execute();
  });
});
afterEach(async () => {
  await ledger.close();
  rmSync(dir, { recursive: true });
});

const stateOf = async (role: string) =>
  (await ledger.db.selectFrom('placement').select('state').where('role', '=', role).executeTakeFirstOrThrow()).state;

describe("a box's table, which has the rules that drop and no others", () => {
  it('misses a guard that is not in it', async () => {
    await reports.table({ kind: 'flows', device: DEVICE, flowIds: [], at: LATER });
    expect(await stateOf('guard')).toBe('requested');
    expect(hurried).toBe(1);
  });

  it('says nothing about a stand-in, which forwards', async () => {
    await reports.table({ kind: 'flows', device: DEVICE, flowIds: ['guard'], at: LATER });
    await reports.seen({ kind: 'flow', device: DEVICE, flowId: 'stand-in', event: 'deleted', at: LATER });
    expect(await stateOf('stand-in')).toBe('confirmed');
    expect(hurried).toBe(0);
  });
});
