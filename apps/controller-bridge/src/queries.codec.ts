import { annotate, MitigationState } from '@guardpost/contracts';
import { either } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';

/** Query strings are strings: a codec from string to number, told to the outside as an integer. */
export const PageSize = annotate(
  new t.Type<number, string, unknown>(
    'PageSize',
    t.number.is,
    (u, c) => either.chain(t.string.validate(u, c), (s) => (/^[1-9]\d{0,3}$/.test(s) ? t.success(Number(s)) : t.failure(u, c))),
    String,
  ),
  { type: 'integer', minimum: 1, maximum: 9_999, description: 'an integer from 1 to 9999' },
);
const Flag = annotate(
  new t.Type<boolean, string, unknown>(
    'Flag',
    t.boolean.is,
    (u, c) => either.chain(t.string.validate(u, c), (s) => (s === 'true' || s === 'false' ? t.success(s === 'true') : t.failure(u, c))),
    String,
  ),
  { type: 'boolean', description: 'true or false' },
);

/** No ids: `@Query` takes the properties apart, which Nest does not do through a `$ref`. */
export const ListQuery = t.partial({ limit: PageSize });
export type ListQuery = t.TypeOf<typeof ListQuery>;
export const MitigationQuery = t.partial({ limit: PageSize, state: MitigationState, live: Flag });
export type MitigationQuery = t.TypeOf<typeof MitigationQuery>;
export const IndicatorQuery = t.partial({ limit: PageSize, feed: t.string });
export type IndicatorQuery = t.TypeOf<typeof IndicatorQuery>;
export const DEFAULT_PAGE = 100;
