import * as t from 'io-ts';
import { annotate } from './schema/annotation.js';
import { Count, TimeUs } from './schema/primitives.js';

/** A message that was refused, with the reason. `side` says who refused it: a bridge, or a box. */
export const DeadLetter = annotate(
  t.type({
    id: Count,
    at: TimeUs,
    side: t.keyof({ bridge: null, box: null }),
    by: t.string,
    channel: t.string,
    reason: t.string,
    sample: t.string,
  }),
  { id: 'DeadLetter' },
);
export type DeadLetter = t.TypeOf<typeof DeadLetter>;
export const DeadLetterList = annotate(t.type({ items: t.array(DeadLetter) }), { id: 'DeadLetterList' });
