import * as t from 'io-ts';

type Known<T extends Record<string, t.Mixed>> = T[keyof T];

/**
 * A union told apart by its field `type`: looked up, where `t.union` with an open member would try one after the other.
 * A `type` that is not in `table` is kept as it came if `other` takes it; a known one with a wrong field is an error.
 * It stays a `UnionType`, so that it can be described as one.
 */
export function byType<T extends Record<string, t.Mixed>, O extends t.Mixed>(
  name: string,
  table: T,
  other: O,
): t.UnionType<Array<Known<T> | O>, t.TypeOf<Known<T>> | t.TypeOf<O>, t.OutputOf<Known<T>> | t.OutputOf<O>, unknown> {
  const members = new Map<string, t.Mixed>(Object.entries(table));
  const pick = (u: unknown): t.Mixed => (hasType(u) ? members.get(u.type) : undefined) ?? other;
  return new t.UnionType<Array<Known<T> | O>, t.TypeOf<Known<T>> | t.TypeOf<O>, t.OutputOf<Known<T>> | t.OutputOf<O>, unknown>(
    name,
    (u): u is t.TypeOf<Known<T>> | t.TypeOf<O> => pick(u).is(u),
    (u, context) => pick(u).validate(u, context),
    (a): t.OutputOf<Known<T>> | t.OutputOf<O> => pick(a).encode(a) as t.OutputOf<Known<T>> | t.OutputOf<O>, // the member that took it gives it out
    [...Object.values(table), other] as Array<Known<T> | O>,
  );
}

function hasType(u: unknown): u is { type: string } {
  return typeof u === 'object' && u !== null && 'type' in u && typeof u.type === 'string';
}
