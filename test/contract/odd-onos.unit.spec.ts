import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOnosClient, type OnosClient } from '@guardpost/intents';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FlowEnforcer } from '../../apps/controller-bridge/src/enforcement/flow-enforcer.service.js';
import { FlowEvents } from '../../apps/controller-bridge/src/enforcement/flow-events.js';
import { Reconciler } from '../../apps/controller-bridge/src/enforcement/reconciler.service.js';
import { flowPlacements } from '../../apps/controller-bridge/src/enforcement/work.js';
import { Inventory } from '../../apps/controller-bridge/src/inventory/inventory.service.js';
import { Ledger } from '../../apps/controller-bridge/src/ledger/ledger.service.js';
import { insertMitigation, insertPlacements } from '../../apps/controller-bridge/src/mitigations/mitigation.store.js';
import { serveAnswers, type AnswerServer, type Reply } from '../fixtures/onos/answer-server.js';
import { recorded } from '../fixtures/onos/recorded.js';

const DEVICE = 'of:0000000000000001';
const TARGET = { prefix: '198.51.100.7/32', proto: null, port: null };

/** What ONOS gives when all is well: recorded, but for the place of the new rule. */
const wellAnswered = ({ method, url }: { method: string; url: string }): Reply => {
  if (method === 'GET' && url.endsWith('/devices'))
    return { body: recorded('devices.json'), headers: { 'content-type': 'application/json' } };
  if (method === 'GET') return { body: '{"flows":[]}', headers: { 'content-type': 'application/json' } };
  if (method === 'POST') return { status: 201, headers: { location: `http://onos/onos/v1/flows/${DEVICE}/7318350038462322` } };
  return { status: 204 };
};

describe('an ONOS that answers oddly', () => {
  let dir: string;
  let ledger: Ledger;
  let onos: OnosClient;
  let server: AnswerServer;
  let odd: Reply | undefined;
  let enforcer: FlowEnforcer;
  let inventory: Inventory;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'guardpost-enforcer-'));
    ledger = await Ledger.open(join(dir, 'ledger.db'));
    server = await serveAnswers((request) => odd ?? wellAnswered(request));
    onos = createOnosClient({ urls: [server.url], user: 'onos', password: 'a-secret', timeoutMs: 300, retries: 0 });
    inventory = new Inventory(onos, () => null);
    enforcer = new FlowEnforcer(onos, ledger, inventory, new FlowEvents());
    odd = undefined;
    await inventory.refresh();
  });
  afterEach(async () => {
    onos.close();
    await server.close();
    await ledger.close();
    rmSync(dir, { recursive: true });
  });

  const placeOne = async (device = DEVICE): Promise<void> => {
    await ledger.write(async (db) => {
      const m = await insertMitigation(db, {
        target: TARGET,
        actions: ['drop-flow'],
        scope: 'nearest',
        reason: 'test',
        by: 'test',
        offence: 0,
        ttlSeconds: 60,
        now: 1,
      });
      await insertPlacements(
        db,
        { id: m.id, target: TARGET },
        [{ action: 'drop-flow', box: 'gist1', device, inPort: '11', side: 'to' }],
        1,
      );
    });
    await enforcer.place(await flowPlacements(ledger, { of: 'held', states: ['requested'] }));
  };
  const placement = () => ledger.db.selectFrom('placement').selectAll().executeTakeFirstOrThrow();

  it.each<[string, Reply, RegExp]>([
    ['401', { status: 401, body: recorded('auth-bad-password.json'), headers: { 'content-type': 'application/json' } }, /401/],
    ['404 of a stranger', { status: 404, body: '<html>not here</html>' }, /404/],
    ['500', { status: 500, body: recorded('intent-post-emptybody.json'), headers: { 'content-type': 'application/json' } }, /500/],
    ['garbage', { status: 201, headers: { location: 'nowhere' }, body: '\u0000garbage' }, /Location|flow id|answer/i],
    ['nothing', 'hang', /300 ms|time/i],
    ['a broken connection', 'reset', /no answer|ECONNRESET|broke/i],
  ])('%s: recorded with the reason, kept, and done when it answers again', async (_, reply, reason) => {
    odd = reply;
    await placeOne();
    const failed = await placement();
    expect(failed.state).toBe('requested');
    expect(failed.problem).toMatch(reason);
    expect(failed.problem).toContain(server.url);
    expect(failed.problem).not.toContain('a-secret');
    expect(failed.attempts).toBe(1);
    expect(failed.retry_at).toBeGreaterThan(Date.now() * 1_000 - 1_000_000);

    odd = undefined;
    await enforcer.place(await flowPlacements(ledger, { of: 'held', states: ['requested'] }));
    expect(await placement()).toMatchObject({ state: 'accepted', flow_id: '7318350038462322', problem: null });
  });

  it('an unknown device is not even asked for: ONOS would take the rule', async () => {
    const before = server.received.filter((r) => r.method === 'POST').length;
    await placeOne('of:00000000000000ff');
    expect(await placement()).toMatchObject({ state: 'requested', problem: 'ONOS knows no device of:00000000000000ff' });
    expect(server.received.filter((r) => r.method === 'POST')).toHaveLength(before);
  });

  it('a reconciler that gets garbage touches nothing, and says what is wrong', async () => {
    const reconciler = new Reconciler(onos, ledger, inventory, {
      enforcer,
      intents: { look: () => Promise.resolve(0), giveBackLost: () => Promise.resolve({ routes: [], others: [], wait: [], back: [] }) },
      scopes: { keep: () => Promise.resolve(0) },
      protection: { refresh: () => Promise.resolve() },
    });
    await reconciler.pass(() => true); // once all was well: its devices are no news
    await placeOne();
    odd = { body: '{"flows": "many"}', headers: { 'content-type': 'application/json' } };
    await reconciler.pass(() => true);
    expect(reconciler.problems.join()).toMatch(/devices/);
    expect(await placement()).toMatchObject({ state: 'accepted', drifts: 0 });
    odd = undefined;
    await reconciler.pass(() => true); // it answers again: what no switch has confirmed is sent again
    expect(reconciler.problems).toEqual([]);
    await enforcer.place(await flowPlacements(ledger, { of: 'held', states: ['requested'] }));
    expect(await placement()).toMatchObject({ state: 'accepted', drifts: 0 });
    await reconciler.pass(() => true); // and has no rule of ours, though it had accepted it: drift
    expect(await placement()).toMatchObject({ state: 'accepted', drifts: 1 });
  });
});
