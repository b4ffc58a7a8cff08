import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Ledger } from '../ledger/ledger.service.js';
import { insertMitigation, insertPlacements } from '../mitigations/mitigation.store.js';
import { hasten } from './work.js';

const [BACK, AWAY] = ['of:0000000000000001', 'of:0000000000000002'];
const target = { prefix: '198.51.100.7/32', proto: null, port: null };
const LATER = 9_000_000;

let dir: string;
let ledger: Ledger;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'guardpost-work-'));
  ledger = await Ledger.open(join(dir, 'ledger.db'));
});
afterEach(async () => {
  await ledger.close();
  rmSync(dir, { recursive: true });
});

it('a device that is back gets at once what waited for it, and again what ONOS took meanwhile', async () => {
  const states = ['requested', 'accepted', 'confirmed', 'lifting', 'lifted'];
  await ledger.write(async (db) => {
    const what = {
      target,
      actions: ['drop-flow' as const],
      scope: 'all' as const,
      reason: 'test',
      by: 'api',
      offence: 0,
      ttlSeconds: 60,
      now: 1,
    };
    const { id } = await insertMitigation(db, what);
    const place = { action: 'drop-flow' as const, box: null, side: 'to' as const };
    for (const device of [BACK, AWAY])
      for (const state of states) {
        const [row] = await insertPlacements(db, { id, target }, [{ ...place, device, inPort: String(states.indexOf(state)) }], LATER);
        await db.updateTable('placement').set({ state }).where('id', '=', row!.id).execute();
      }
  });
  await hasten(ledger, [BACK], 5);
  const rows = await ledger.db.selectFrom('placement').select(['device', 'state', 'retry_at']).execute();
  const of = (device: string) => rows.filter((r) => r.device === device).map((r) => `${r.state} ${r.retry_at}`);
  expect(of(BACK).sort()).toEqual([`confirmed ${LATER}`, `lifted ${LATER}`, 'lifting 5', 'requested 5', 'requested 5']);
  expect(of(AWAY).sort()).toEqual(states.map((state) => `${state} ${LATER}`).sort());
});
