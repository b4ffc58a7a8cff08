import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOnosClient, type IntentState, type OnosClient } from '@guardpost/intents';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FlowEnforcer } from '../../apps/controller-bridge/src/enforcement/flow-enforcer.service.js';
import { FlowEvents } from '../../apps/controller-bridge/src/enforcement/flow-events.js';
import { beginLift, intentPlacements } from '../../apps/controller-bridge/src/enforcement/work.js';
import { Inventory } from '../../apps/controller-bridge/src/inventory/inventory.service.js';
import { Ledger } from '../../apps/controller-bridge/src/ledger/ledger.service.js';
import { insertMitigation, insertPlacements, readDetail } from '../../apps/controller-bridge/src/mitigations/mitigation.store.js';
import { IntentEnforcer } from '../../apps/controller-bridge/src/withdrawals/intent-enforcer.service.js';
import { serveAnswers, type AnswerServer, type Reply } from '../fixtures/onos/answer-server.js';
import { recorded } from '../fixtures/onos/recorded.js';

const REF = { appId: 'org.onosproject.cli', key: 'm2s-1' };
const TARGET = { prefix: '10.0.0.3/32', proto: null, port: null };
const listed = JSON.parse(recorded('intent-get-m2s-1.json')) as Record<string, unknown>;
const rules = JSON.parse(recorded('intent-relatedflows-m2s-1.json')) as { paths: { id: string; deviceId: string }[][] };

/** An ONOS with one intent, which does with it what a test says: the states that a real one is rarely caught in. */
class OneIntent {
  state: IntentState | undefined = 'INSTALLED';
  type = listed['type'] as string;
  rulesLeft = true;
  /** What a withdrawal does. */
  onDelete = (): void => {
    this.state = undefined;
    this.rulesLeft = false;
  };
  onPost = (): void => {
    this.state = 'INSTALLED';
    this.rulesLeft = true;
  };
  paths = rules.paths;

  readonly answer = ({ method, url }: { method: string; url: string }): Reply => {
    const json = (value: unknown, status = 200): Reply => ({
      status,
      body: JSON.stringify(value),
      headers: { 'content-type': 'application/json' },
    });
    if (url.endsWith('/devices')) return { body: recorded('devices.json'), headers: { 'content-type': 'application/json' } };
    if (url.includes('/relatedflows/')) return json({ ...rules, paths: this.rulesLeft ? this.paths : [] });
    if (url.includes('/intents/') && method === 'DELETE') {
      this.onDelete();
      return { status: 204 };
    }
    if (url.endsWith('/intents') && method === 'POST') {
      this.onPost();
      return { status: 201, headers: { location: `http://onos/onos/v1/intents/${REF.appId}/77` } };
    }
    const known = { ...listed, ...REF, type: this.type, state: this.state };
    if (url.includes('/intents?')) return json({ intents: this.state === undefined ? [] : [known] });
    if (url.includes('/intents/'))
      return this.state === undefined
        ? { status: 400, body: recorded('intent-get-missing.json'), headers: { 'content-type': 'application/json' } }
        : json(known);
    const rule = this.paths.flat().find((f) => url.endsWith(`/flows/${f.deviceId}/${f.id}`));
    if (rule !== undefined) return json({ flows: this.rulesLeft ? [rule] : [] });
    return json({ flows: [] });
  };
}

describe('an intent that is not as it should be', () => {
  let dir: string;
  let ledger: Ledger;
  let onos: OnosClient;
  let server: AnswerServer;
  let intents: IntentEnforcer;
  let one: OneIntent;
  let id: string;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'guardpost-intents-'));
    ledger = await Ledger.open(join(dir, 'ledger.db'));
    one = new OneIntent();
    server = await serveAnswers((request) => one.answer(request));
    onos = createOnosClient({ urls: [server.url], user: 'onos', password: 'a-secret', timeoutMs: 1_000, retries: 0 });
    const inventory = new Inventory(onos, () => null);
    await inventory.refresh();
    intents = new IntentEnforcer(onos, ledger, inventory, new FlowEnforcer(onos, ledger, inventory, new FlowEvents()));
    id = await ledger.write(async (db) => {
      const m = await insertMitigation(db, {
        target: TARGET,
        actions: ['withdraw-intent'],
        scope: 'all',
        reason: 'test',
        by: 'test',
        offence: 0,
        ttlSeconds: 600,
        now: 1,
      });
      const place = { action: 'withdraw-intent' as const, role: 'intent' as const, box: null, device: null, inPort: null, side: null };
      await insertPlacements(db, { id: m.id, target: TARGET }, [{ ...place, intent: REF }], 1);
      return m.id;
    });
  });
  afterEach(async () => {
    onos.close();
    await server.close();
    await ledger.close();
    rmSync(dir, { recursive: true });
  });

  const place = async (): Promise<void> =>
    void (await intents.place(await intentPlacements(ledger.db, { lifting: false, states: ['requested', 'accepted'] })));
  const lift = async (): Promise<void> => {
    await ledger.write((db) => beginLift(db, id, 'test', 'test', 2));
    await intents.lift(await intentPlacements(ledger.db, { lifting: true, states: ['lifting'] }));
  };
  const placement = async () => (await readDetail(ledger.db, id))!.placements[0]!;
  const posts = (): number => server.received.filter((r) => r.method === 'POST' && r.url.endsWith('/intents')).length;
  const deletes = (): number => server.received.filter((r) => r.method === 'DELETE').length;

  it('INSTALLED: recorded before it is touched, withdrawn, confirmed; back as it was', async () => {
    let recordedBefore: number | null | undefined;
    const taken = one.onDelete;
    const peek = ledger.db.selectFrom('placement').select('record_json');
    let looked: Promise<unknown> = Promise.resolve();
    one.onDelete = () => {
      looked = peek.executeTakeFirst().then((row) => (recordedBefore = row?.record_json?.length));
      taken();
    };
    await place();
    await looked;
    expect(recordedBefore).toBeGreaterThan(100);
    expect(await placement()).toMatchObject({ state: 'confirmed', problem: null, intent: { ...REF, rules: rules.paths.flat().length } });
    await lift();
    expect(await placement()).toMatchObject({ state: 'lifted' });
    expect(posts()).toBe(1);
  });

  it('FAILED: taken out of ONOS, and back to FAILED is back as it was', async () => {
    one.state = 'FAILED';
    one.paths = [];
    await place();
    expect(await placement()).toMatchObject({ state: 'confirmed' });
    one.state = 'FAILED'; // somebody submitted it again
    await lift();
    expect(await placement()).toMatchObject({ state: 'lifted' });
  });

  it('CORRUPT: stays on the list of what is wrong until ONOS has let go of it', async () => {
    one.state = 'CORRUPT';
    one.onDelete = () => undefined;
    await place();
    expect(await placement()).toMatchObject({ state: 'requested', problem: 'it is CORRUPT in ONOS' });
    one.onDelete = () => {
      one.state = undefined;
      one.rulesLeft = false;
    };
    await place();
    expect(await placement()).toMatchObject({ state: 'confirmed', problem: null });
  });

  it('WITHDRAW_REQ: not asked for a second time, waited for', async () => {
    one.state = 'WITHDRAW_REQ';
    await place();
    expect(deletes()).toBe(0);
    expect(await placement()).toMatchObject({ state: 'requested', problem: 'it is WITHDRAW_REQ in ONOS' });
    one.state = 'WITHDRAWN';
    one.rulesLeft = false;
    await place();
    expect(await placement()).toMatchObject({ state: 'confirmed' });
  });

  it('COMPILING: left until it is installed, so that there is something to record', async () => {
    one.state = 'COMPILING';
    await place();
    expect(deletes()).toBe(0);
    expect(await placement()).toMatchObject({ state: 'requested', problem: expect.stringMatching(/COMPILING/) as string });
    one.state = 'INSTALLED';
    await place();
    expect(await placement()).toMatchObject({ state: 'confirmed' });
  });

  it('purged meanwhile: said so, held, and withdrawn when it comes', async () => {
    one.state = undefined;
    await place();
    expect(await placement()).toMatchObject({ state: 'confirmed', problem: expect.stringMatching(/purged meanwhile/) as string });
    one.state = 'INSTALLED';
    expect(await intents.look()).toBe(1);
    expect(await placement()).toMatchObject({ state: 'requested', drifts: 1 });
    await place();
    expect(await placement()).toMatchObject({ state: 'confirmed', problem: null });
  });

  it('changed meanwhile into a type that can not be given back: left alone, and told', async () => {
    one.type = 'LinkCollectionIntent';
    await place();
    expect(deletes()).toBe(0);
    expect(await placement()).toMatchObject({ state: 'requested', problem: expect.stringMatching(/changed meanwhile/) as string });
  });

  it('comes back wider than it was: withdrawn again, and the operator is told why it stays so', async () => {
    await place();
    one.onPost = () => {
      one.state = 'INSTALLED';
      one.rulesLeft = true;
      const [first, ...rest] = rules.paths.flat() as ((typeof rules.paths)[0][0] & { selector: { criteria: { type: string }[] } })[];
      one.paths = [[{ ...first!, selector: { criteria: first!.selector.criteria.filter((c) => c.type === 'IN_PORT') } } as never, ...rest]];
    };
    await lift();
    expect(await placement()).toMatchObject({
      state: 'lifting',
      problem: expect.stringMatching(/stays withdrawn: .*matches more than/) as string,
    });
    expect(one.state).toBeUndefined();
  });

  it('an ONOS that is away: nothing is lost, the reason is told, and it goes on when it is back', async () => {
    const { answer } = one;
    Object.assign(one, { answer: (): Reply => 'reset' });
    await place();
    expect(await placement()).toMatchObject({ state: 'requested', problem: expect.stringMatching(/no answer|ECONNRESET/) as string });
    Object.assign(one, { answer });
    await place();
    expect(await placement()).toMatchObject({ state: 'confirmed', problem: null });
  });
});
