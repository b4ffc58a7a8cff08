import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PolicyInForce } from '../policy/policy-in-force.js';
import { Judge } from '../detections/judge.service.js';
import { Leadership } from '../enforcement/leadership.js';
import { expire } from '../enforcement/work.js';
import { followPlacements, readDetail } from '../mitigations/mitigation.store.js';
import { detectionOf } from '../testing/detection.fixture.js';
import { Ledger } from './ledger.service.js';
import { once } from './requests.js';
import { forgetOld, KEEP_DAYS, KEEP_DEAD_LETTERS } from './retention.js';

let dir: string;
let ledger: Ledger;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'guardpost-ledger-'));
  ledger = await Ledger.open(join(dir, 'ledger.db'));
});
afterEach(async () => {
  await ledger.close();
  rmSync(dir, { recursive: true });
});

const policy = {
  rules: [{ name: 'all', match: {}, actions: ['drop-flow' as const], ttlSeconds: [60] }],
  neverBlock: [],
  widest: { v4: 24, v6: 48 },
  maxLive: 100,
};
const received = (seq: number, hash = `h${seq}`) => ({ box: 'gist1', boot: '1', seq, hash });
const listed = (id = 'i-1') =>
  ledger.write((db) =>
    db
      .insertInto('indicator')
      .values({
        id,
        rule: 1,
        feed: 'f',
        prefix: '198.51.100.0/24',
        proto: null,
        port: null,
        confidence: 100,
        valid_from: 0,
        valid_until: null,
        note: null,
        added_at: 0,
        removed_at: null,
      })
      .execute(),
  );
const mitigations = () => ledger.db.selectFrom('mitigation').selectAll().execute();

describe('writes', () => {
  it('that fail do not take those of the same commit with them', async () => {
    const results = await Promise.allSettled([
      ledger.write((db) => db.insertInto('request').values({ request_id: 'a', kind: 'k', result_json: '1', at: 1 }).execute()),
      ledger.write(() => Promise.reject(new Error('mine'))),
      ledger.write((db) => db.insertInto('request').values({ request_id: 'b', kind: 'k', result_json: '1', at: 1 }).execute()),
    ]);
    expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await ledger.db.selectFrom('request').select('request_id').orderBy('request_id').execute()).toEqual([
      { request_id: 'a' },
      { request_id: 'b' },
    ]);
  });

  it('of one request id happen once, on two ledgers of one file as well', async () => {
    const other = await Ledger.open(join(dir, 'ledger.db'));
    let done = 0;
    const write = (on: Ledger) => on.write((db) => once(db, 'req-1', 'k', 1, () => Promise.resolve(++done)));
    const results = await Promise.all([write(ledger), write(other), write(ledger), write(other)]);
    await other.close();
    expect(done).toBe(1);
    expect(results).toEqual([1, 1, 1, 1]);
  });
});

/** No rule of these tests is for the whole network. */
const nowhere = { of: () => [] };

it('takes up a write that comes in the very moment in which another one ends', async () => {
  let written = 0;
  const write = (): Promise<number> => ledger.write(() => Promise.resolve(++written));
  // So many turns after the end of the first: one of them meets what was looked through and is not yet put away.
  for (let turns = 0; turns < 16; turns++) {
    await write();
    for (let i = 0; i < turns; i++) await Promise.resolve();
    await write(); // forgotten, it would wait for a third
  }
  expect(written).toBe(32);
});

describe('Judge', () => {
  const judge = (): Judge => new Judge(ledger, new PolicyInForce(policy), nowhere);

  it('makes one mitigation of many detections of one target, and one set of placements', async () => {
    await listed();
    const all = Array.from({ length: 20 }, (_, i) => judge().judge(detectionOf({ id: `gist1:1:${i}` }), received(i + 1), 1));
    const placed = (await Promise.all(all)).flatMap((j) => ('placements' in j ? j.placements : []));
    expect(await mitigations()).toHaveLength(1);
    expect(placed.map((p) => p.row.side).sort()).toEqual(['from', 'to']);
  });

  it('takes a second delivery for what it is, and refuses another message under a used number', async () => {
    await listed();
    await judge().judge(detectionOf(), received(1), 1);
    expect(await judge().judge(detectionOf(), received(1), 1)).toEqual({ placements: [] });
    expect(await judge().judge(detectionOf({ id: 'gist1:1:9' }), received(1, 'other'), 1)).toMatchObject({
      refused: expect.stringMatching(/old seq/) as string,
    });
    expect(await ledger.db.selectFrom('detection').selectAll().execute()).toHaveLength(1);
  });

  it('keeps the newest revision, in whatever order they come', async () => {
    await listed();
    await judge().judge(detectionOf({ revision: 2, packets: 9 }), received(2), 1);
    await judge().judge(detectionOf({ revision: 1, packets: 5 }), received(1), 1);
    const [row] = await ledger.db.selectFrom('detection').selectAll().execute();
    expect(row?.revision).toBe(2);
  });

  it('leaves what nobody lists any more', async () => {
    await judge().judge(detectionOf(), received(1), 1);
    expect(await mitigations()).toEqual([]);
    const [row] = await ledger.db.selectFrom('detection').selectAll().execute();
    expect(row?.decision).toMatch(/no longer listed/);
  });

  it('blocks longer after a block ran out', async () => {
    await listed();
    const twice = new Judge(
      ledger,
      new PolicyInForce({ ...policy, rules: [{ name: 'all', match: {}, actions: ['drop-flow'], ttlSeconds: [1, 500] }] }),
      nowhere,
    );
    await twice.judge(detectionOf(), received(1), 1);
    const [first] = await mitigations();
    await expire(ledger, first!.expires_at);
    await ledger.write(async (db) => {
      await db.updateTable('placement').set({ state: 'lifted' }).execute();
      await followPlacements(db, first!.id, 'test', 'gone', first!.expires_at);
    });
    expect((await readDetail(ledger.db, first!.id))?.transitions.map((x) => x.to)).toEqual(['requested', 'lifting', 'lifted']);
    await twice.judge(detectionOf({ id: 'gist1:1:2', lastAt: first!.expires_at + 1 }), received(2), 1);
    const second = (await mitigations()).find((m) => m.id !== first!.id);
    expect(second?.offence).toBe(1);
    expect(second!.expires_at - second!.created_at).toBe(500_000_000);
  });
});

it('forgets what is old, and nothing that is live', async () => {
  await listed();
  const judge = new Judge(ledger, new PolicyInForce(policy), nowhere);
  await judge.judge(detectionOf(), received(1), 1);
  await judge.judge(detectionOf({ id: 'gist1:1:2', flow: { ...detectionOf().flow, remote: '198.51.100.9' } }), received(2), 1);
  const [live, ended] = await mitigations();
  await ledger.db.updateTable('mitigation').set({ live: 0, state: 'lifted', lifted_at: 1 }).where('id', '=', ended!.id).execute();
  const letters = Array.from({ length: 3 }, (_, i) => ({
    dedupe: `${i}`,
    at: 1,
    side: 'box',
    by: 'b',
    channel: 'c',
    reason: 'r',
    sample: 's',
  }));
  await ledger.db
    .insertInto('dead_letter')
    .values([...letters, { ...letters[0]!, dedupe: 'new', id: 2 + KEEP_DEAD_LETTERS }])
    .execute();
  await forgetOld(ledger, (KEEP_DAYS.mitigations + 1) * 86_400_000_000);
  expect((await mitigations()).map((m) => m.id)).toEqual([live!.id]);
  expect(await ledger.db.selectFrom('placement').select('mitigation_id').distinct().execute()).toEqual([{ mitigation_id: live!.id }]);
  for (const table of ['detection', 'received', 'request'] as const)
    expect(await ledger.db.selectFrom(table).selectAll().execute()).toEqual([]);
  expect(await ledger.db.selectFrom('dead_letter').select('id').execute()).toEqual([{ id: 3 }, { id: 2 + KEEP_DEAD_LETTERS }]);
});

it('one of two bridges leads, and the other takes over when it stops', async () => {
  const problem = (error: unknown): never => {
    throw error;
  };
  const [a, b] = [new Leadership(ledger, 'a', () => undefined, problem), new Leadership(ledger, 'b', () => undefined, problem)];
  await a.start();
  await b.start();
  expect([a.leads, b.leads]).toEqual([true, false]);
  await a.stop();
  await expect.poll(() => b.leads, { timeout: 10_000 }).toBe(true);
  expect(a.leads).toBe(false);
  await b.stop();
});
