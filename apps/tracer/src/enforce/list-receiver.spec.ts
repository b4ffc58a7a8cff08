import { generateKeyPairSync } from 'node:crypto';
import type { ListChange, ListSnapshot } from '@guardpost/contracts';
import { keyId, newBoot, Opener, Sealer } from '@guardpost/platform';
import { describe, expect, it } from 'vitest';
import { START_US, watchItem } from '@guardpost/detect/testing';
import { Refusals } from '../trust/refusals.js';
import { ListReceiver } from './list-receiver.js';
import { newLists } from './lists.js';

const bridge = generateKeyPairSync('ed25519');
const stranger = generateKeyPairSync('ed25519');

function setUp() {
  const lists = newLists('gist1');
  const reported: string[] = [];
  const held: string[] = [];
  const refusals = new Refusals(
    () => START_US,
    (r) => r.kind === 'refused' && reported.push(r.reason.split(':')[0]!),
    () => undefined,
  );
  const opener = new Opener(new Map([[keyId(bridge.privateKey), { name: 'bridge1', key: bridge.publicKey }]]));
  const receiver = new ListReceiver(lists, opener, refusals, (name) => held.push(name));
  const sealer = new Sealer('bridge1', bridge.privateKey, newBoot());
  const seal = (body: unknown): string => JSON.stringify(sealer.seal(body));
  return { lists, reported, held, receiver, seal, refusals };
}
const snapshot = (version: number, ids: string[], list = 'watch'): ListSnapshot => ({
  kind: 'snapshot', list, version, drop: [], watch: ids.map((id, i) => watchItem({ id, rule: i + 1 })),
}); // prettier-ignore
const change = (base: number, version: number, ids: string[], remove: string[] = []): ListChange => ({
  kind: 'change', list: 'watch', base, version, drop: [], remove, watch: ids.map((id, i) => watchItem({ id, rule: 100 + i })),
}); // prettier-ignore

describe('ListReceiver', () => {
  it('takes a snapshot and the changes that follow from it', () => {
    const { receiver, lists, seal, held, reported } = setUp();
    receiver.snapshot('watch', seal(snapshot(10, ['a', 'b'])));
    expect(receiver.change('watch', seal(change(10, 12, ['c'], ['a'])))).toBe(true);
    expect([...lists.watch.entries.keys()]).toEqual(['b', 'c']);
    expect(lists.watch.version).toBe(12);
    expect(held).toEqual(['watch', 'watch']);
    expect(reported).toEqual([]);
  });

  it('takes no part of what is signed by another key, or changed by one byte', () => {
    const { receiver, lists, seal, reported } = setUp();
    const forged = new Sealer('bridge1', stranger.privateKey, newBoot());
    receiver.snapshot('watch', JSON.stringify(forged.seal(snapshot(10, ['a']))));
    receiver.snapshot('watch', seal(snapshot(10, ['a'])).replace('198.51.100.0', '198.51.101.0'));
    receiver.snapshot('watch', 'no JSON');
    expect(reported).toEqual(['wrong key', 'wrong signature', 'no envelope']);
    expect(lists.watch.version).toBe(-1);
  });

  it('takes a list only where it belongs', () => {
    const { receiver, lists, seal, reported } = setUp();
    receiver.snapshot('drop.gist1', seal(snapshot(10, ['a'])));
    receiver.snapshot('drop.gist1', seal(snapshot(10, ['a'], 'drop.gist2')));
    receiver.change('drop.gist1', seal(change(0, 1, ['a'])));
    expect(reported).toEqual(['wrong list', 'wrong list', 'wrong list']);
    expect(lists.drop.version).toBe(-1);
  });

  it('takes no message twice', () => {
    const { receiver, lists, seal, reported } = setUp();
    receiver.snapshot('watch', seal(snapshot(10, ['a'])));
    const first = seal(change(10, 11, ['b']));
    receiver.change('watch', first);
    receiver.change('watch', seal(change(11, 12, [], ['b'])));
    receiver.change('watch', first);
    expect(reported).toEqual(['old seq']);
    expect([...lists.watch.entries.keys()]).toEqual(['a']);
  });

  it('asks for the snapshot when versions are missing, and goes on from it', () => {
    const { receiver, lists, seal, reported } = setUp();
    receiver.snapshot('watch', seal(snapshot(10, ['a'])));
    expect(receiver.change('watch', seal(change(11, 12, ['c'])))).toBe(false);
    expect(lists.watch.version).toBe(10);
    expect(receiver.isBehind('watch')).toBe(true);
    receiver.snapshot('watch', seal(snapshot(12, ['a', 'b', 'c'])));
    expect(receiver.isBehind('watch')).toBe(false);
    expect(receiver.change('watch', seal(change(12, 12, [])))).toBe(true);
    expect(reported).toEqual([]);
  });

  it('passes over changes that the snapshot already holds', () => {
    const { receiver, lists, seal, held } = setUp();
    receiver.snapshot('watch', seal(snapshot(12, ['a'])));
    expect(receiver.change('watch', seal(change(10, 11, ['z'])))).toBe(true);
    expect([...lists.watch.entries.keys()]).toEqual(['a']);
    expect(held).toEqual(['watch']);
  });

  it('does not go back to an older list', () => {
    const { receiver, lists, seal, reported } = setUp();
    const old = seal(snapshot(10, ['a']));
    receiver.snapshot('watch', seal(snapshot(12, ['a', 'b'])));
    receiver.snapshot('watch', old);
    expect(reported).toEqual(['old list']);
    expect(lists.watch.version).toBe(12);
  });

  it('tells ten refusals a second and counts all', () => {
    const { receiver, reported, refusals } = setUp();
    for (let i = 0; i < 50; i++) receiver.snapshot('watch', '{}');
    expect(reported).toHaveLength(10);
    expect(refusals.byKind.get('no envelope')).toBe(50);
  });
});
