import { describe, expect, it } from 'vitest';
import { Collection, InventoryVersions } from './collection.js';

interface Thing {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly packets: number;
}
const thing = (id: string, name: string, packets = 0) => ({ id, name, packets });

describe('Collection', () => {
  it('gives a row a new version when it changed, and keeps it when only its counters did', () => {
    const versions = new InventoryVersions();
    const things = new Collection<Thing>('thing', versions, ['packets']);
    things.replace([thing('a', 'one'), thing('b', 'two')]);
    const first = versions.current;
    things.replace([thing('a', 'one', 7), thing('b', 'two')]);
    expect(versions.current).toBe(first);
    expect(things.get('a')).toEqual({ ...thing('a', 'one', 7), version: first });
    things.replace([thing('a', 'other', 7)]);
    expect(things.changedAfter(first).map((t) => t.id)).toEqual(['a']);
    expect(versions.goneAfter(first)).toEqual([{ kind: 'thing', id: 'b', version: versions.current }]);
    expect(things.changedAfter(versions.current)).toEqual([]);
  });

  it('finds rows by all words, in any case, and by a filter', () => {
    const things = new Collection<Thing>('thing', new InventoryVersions());
    things.replace([thing('a', 'Host One'), thing('b', 'host two'), thing('c', 'port one')]);
    expect(things.find({ words: 'HOST one' }).map((t) => t.id)).toEqual(['a']);
    expect(things.find({ words: ' host ', filter: (t) => t.id !== 'a' }).map((t) => t.id)).toEqual(['b']);
    expect(things.find()).toHaveLength(3);
  });
});
