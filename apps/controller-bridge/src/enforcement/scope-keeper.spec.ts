import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DevicePort } from '@guardpost/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nowUs } from '../clock.js';
import { Ledger } from '../ledger/ledger.service.js';
import { insertMitigation, insertPlacements } from '../mitigations/mitigation.store.js';
import { Places } from '../mitigations/places.js';
import { Guards } from '../withdrawals/guards.js';
import { ScopeKeeper } from './scope-keeper.js';
import { flowPlacements } from './work.js';

const DEVICE = 'of:0000000000000001';
const target = { prefix: '198.51.100.7/32', proto: null, port: null };
const port = (number: string, egress: string[] = []): DevicePort => ({
  id: `${DEVICE}/${number}`,
  device: DEVICE,
  port: number,
  name: null,
  enabled: true,
  type: 'copper',
  speedMbps: 0,
  box: 'gist1',
  egress,
  version: 1,
});

let dir: string;
let ledger: Ledger;
let ports: DevicePort[];
/** Ports that led on a moment ago. */
let lately: string[];
let keeper: ScopeKeeper;
let places: Places;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'guardpost-scope-'));
  ledger = await Ledger.open(join(dir, 'ledger.db'));
  ports = [port('1'), port('2'), port('6', ['of:0000000000000002/2']), port('local')];
  lately = [];
  const found = { find: ({ filter = () => true }: { filter?: (p: DevicePort) => boolean } = {}) => ports.filter(filter) };
  const inventory = {
    devices: { find: () => [] },
    ports: found,
    ledLately: (id: string, within: number) => ports.some((p) => p.id === id && p.egress.length > 0) || (within > 0 && lately.includes(id)),
  };
  places = new Places(
    { all: [{ id: 'gist1', site: 'gist1', devices: [DEVICE] }] },
    inventory as unknown as ConstructorParameters<typeof Places>[1],
  );
  keeper = new ScopeKeeper(ledger, places, new Guards(places));
});
afterEach(async () => {
  await ledger.close();
  rmSync(dir, { recursive: true });
});

const make = (scope: 'edge' | 'all') =>
  ledger.write(async (db) => {
    const m = await insertMitigation(db, {
      target,
      actions: ['drop-flow'],
      scope,
      reason: 'test',
      by: 'api',
      offence: 0,
      ttlSeconds: 60,
      now: 1,
    });
    await insertPlacements(db, { id: m.id, target }, places.of(scope), 1);
    return m.id;
  });
/** Ports (`-`: all of them) by state, each once. */
const at = async (state: string): Promise<string[]> => {
  const rows = await ledger.db.selectFrom('placement').select(['in_port']).where('state', '=', state).execute();
  return [...new Set(rows.map((r) => r.in_port ?? '-'))].sort();
};
const settle = () =>
  ledger.write((db) => db.updateTable('placement').set({ state: 'confirmed' }).where('state', '=', 'requested').execute());

describe('the edge', () => {
  it('is every numbered port that leads to no other switch', async () => {
    await make('edge');
    expect(await at('requested')).toEqual(['1', '2']);
    expect(await keeper.keep()).toBe(0);
  });

  it('takes in a port that comes later', async () => {
    await make('edge');
    ports.push(port('42'));
    expect(await keeper.keep()).toBe(2);
    expect(await at('requested')).toEqual(['1', '2', '42']);
  });

  it('is given time when a link is lost, and gives up what turned out to be a link', async () => {
    await make('edge');
    await settle();
    ports[2] = port('6');
    lately = [`${DEVICE}/6`];
    expect(await keeper.keep()).toBe(0);
    lately = [];
    expect(await keeper.keep()).toBe(2);
    expect(await at('requested')).toEqual(['6']);
    await settle();
    ports[2] = port('6', ['of:0000000000000002/2']);
    expect(await keeper.keep()).toBe(0);
    expect(await at('lifting')).toEqual(['6']);
    expect(await at('confirmed')).toEqual(['1', '2']);
    expect(await flowPlacements(ledger, { of: 'replaced', states: ['lifting'], dueAt: nowUs() })).toHaveLength(2);
  });

  it('keeps the rules of a port that is gone: it may be back', async () => {
    await make('edge');
    await settle();
    ports.splice(1, 1);
    await keeper.keep();
    expect(await at('confirmed')).toEqual(['1', '2']);
    expect(await at('lifting')).toEqual([]);
  });
});

describe('another scope', () => {
  const change = (id: string, scope: 'edge' | 'all') => ledger.write((db) => keeper.change(db, id, scope, 'api', 'test'));
  const due = () => flowPlacements(ledger, { of: 'replaced', states: ['lifting'], dueAt: nowUs() });

  it('lets the old rules go once the new ones are in the switches, not before', async () => {
    const id = await make('edge');
    await settle();
    await change(id, 'all');
    expect(await at('lifting')).toEqual(['1', '2']);
    expect(await due()).toEqual([]);
    await settle();
    expect(await due()).toHaveLength(4);
  });

  it('and back takes up again what has not gone yet', async () => {
    const id = await make('edge');
    await settle();
    await change(id, 'all');
    await change(id, 'edge');
    expect(await at('requested')).toEqual(['1', '2']);
    expect(await at('lifting')).toEqual(['-']);
    expect(await ledger.db.selectFrom('placement').selectAll().execute()).toHaveLength(6);
  });
});
