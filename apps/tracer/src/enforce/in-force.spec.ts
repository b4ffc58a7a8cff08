import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeClock, START_US, watchItem } from '@guardpost/detect/testing';
import { Applier } from './applier.js';
import { dropsInForce, watchInForce } from './in-force.js';
import { ListStore } from './list-store.js';
import { newLists, toSnapshot } from './lists.js';

const dropItem = (id: string, expiresAt: number) => ({ id, prefix: '198.51.100.7/32', proto: 6, port: null, expiresAt });

describe('what is in force', () => {
  it('is valid now, and changes at the next boundary', () => {
    const lists = newLists('gist1');
    const [past, soon, later] = [START_US - 1, START_US + 5, START_US + 9];
    lists.watch.snapshot(1, [
      watchItem({ id: 'over', rule: 1, validUntil: past }),
      watchItem({ id: 'now', rule: 2, validUntil: later }),
      watchItem({ id: 'soon', rule: 3, validFrom: soon }),
    ]);
    const { entries, changesAt } = watchInForce(lists.watch, START_US);
    expect(entries.map((e) => e.rule)).toEqual([2]);
    expect(changesAt).toBe(soon);
    expect(watchInForce(lists.watch, soon)).toMatchObject({ changesAt: later });
  });

  it('gives each drop its expiry on the boot clock', () => {
    const lists = newLists('gist1');
    lists.drop.snapshot(1, [dropItem('over', START_US), dropItem('on', START_US + 2_000_000)]);
    const { entries, changesAt } = dropsInForce(lists.drop, new FakeClock());
    expect(entries).toMatchObject([{ id: 'on', proto: 6, expiresBootNs: 2_000_000_000n }]);
    expect(entries[0]).not.toHaveProperty('port');
    expect(changesAt).toBe(START_US + 2_000_000);
  });
});

describe('Applier', () => {
  it('makes one of what is asked while it is at work', async () => {
    let runs = 0;
    const applier = new Applier(
      async () => (runs++, await Promise.resolve(), Infinity),
      () => START_US,
      () => undefined,
    );
    await Promise.all([applier.request(), applier.request(), applier.request()]);
    expect(runs).toBe(2);
    await applier.stop();
  });

  it('says what failed, and tries again', async () => {
    const problems: string[] = [];
    let broken = true;
    const applier = new Applier(
      () => (broken ? Promise.reject(new Error('map full')) : Promise.resolve(Infinity)),
      () => START_US,
      (p) => problems.push(p),
    );
    await applier.request();
    expect(applier.problem).toBe('map full');
    broken = false;
    await applier.request();
    expect(applier.problem).toBeUndefined();
    expect(problems).toEqual(['map full']);
    await applier.stop();
  });
});

describe('ListStore', () => {
  it('gives back what it was given, and refuses what is no list of that name', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lists-'));
    try {
      const store = new ListStore(folder);
      const lists = newLists('gist1');
      lists.drop.snapshot(7, [dropItem('d', START_US)]);
      expect(store.load('drop.gist1')).toBeUndefined();
      await store.save(toSnapshot(lists.drop, lists));
      expect(store.load('drop.gist1')).toEqual({
        kind: 'snapshot',
        list: 'drop.gist1',
        version: 7,
        watch: [],
        drop: [dropItem('d', START_US)],
      });
      writeFileSync(join(folder, 'watch.json'), JSON.stringify(toSnapshot(lists.drop, lists)));
      expect(() => store.load('watch')).toThrow('drop.gist1');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
