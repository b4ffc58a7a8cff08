import type { Errors } from 'io-ts';

/** io-ts' errors as one line: the deepest path of each, without what unions and intersections add to it. */
export const formatValidationErrors = (errors: Errors): string =>
  [
    ...new Set(
      errors.map(
        (e) =>
          `${e.context
            .map((c) => c.key)
            .filter((k) => k !== '' && !/^\d+$/.test(k))
            .join('.')}: ${e.message ?? `can't be ${JSON.stringify(e.value)}`}`,
      ),
    ),
  ]
    .slice(0, 3)
    .join('; ');
