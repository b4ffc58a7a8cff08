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

const Words = annotate(t.string, { description: 'rows that contain each of these words somewhere', example: 'gist 198.51.100.7' });
export const SearchQuery = t.partial({ limit: PageSize, q: Words });
export type SearchQuery = t.TypeOf<typeof SearchQuery>;
export const FlowQuery = t.partial({ limit: PageSize, q: Words, device: t.string, app: t.string });
export type FlowQuery = t.TypeOf<typeof FlowQuery>;
export const IntentQuery = t.partial({ limit: PageSize, q: Words, app: t.string, state: t.string });
export type IntentQuery = t.TypeOf<typeof IntentQuery>;
const Version = annotate(
  new t.Type<number, string, unknown>(
    'Version',
    t.number.is,
    (u, c) => either.chain(t.string.validate(u, c), (s) => (/^\d{1,15}$/.test(s) ? t.success(Number(s)) : t.failure(u, c))),
    String,
  ),
  { type: 'integer', minimum: 0, description: 'a version of the inventory' },
);
export const ChangesQuery = t.type({ since: Version });
export type ChangesQuery = t.TypeOf<typeof ChangesQuery>;
