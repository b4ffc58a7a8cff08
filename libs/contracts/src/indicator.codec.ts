import * as t from 'io-ts';
import { annotate, integer, matching } from './schema/annotation.js';
import { Count, Port, Prefix, Protocol, RequestId, TimeUs } from './schema/primitives.js';

const qualifiers = {
  /** With `port`, a protocol that has ports (6, 17, 132), or none for all of them. */
  proto: Protocol,
  port: Port,
  confidence: integer('Confidence', 0, 100),
  validFrom: TimeUs,
  validUntil: TimeUs,
  note: t.string,
};

/** What a feed calls malicious. */
export const IndicatorInput = annotate(t.intersection([t.type({ prefix: Prefix }), t.partial(qualifiers)]), { id: 'IndicatorInput' });
export type IndicatorInput = t.TypeOf<typeof IndicatorInput>;

/** At most this many indicators in one call. */
export const INDICATOR_BATCH_MAX = 10_000;

export const IndicatorBatch = annotate(
  t.type({
    requestId: RequestId,
    feed: matching('FeedName', /^[\w.-]{1,64}$/, { description: 'the name of the feed', example: 'monitoring-post' }),
    indicators: annotate(
      t.refinement(t.array(IndicatorInput), (a) => a.length >= 1 && a.length <= INDICATOR_BATCH_MAX, 'Indicators'),
      { description: `1 to ${INDICATOR_BATCH_MAX} indicators` },
    ),
  }),
  { id: 'IndicatorBatch' },
);
export type IndicatorBatch = t.TypeOf<typeof IndicatorBatch>;

export const Indicator = annotate(
  t.type({
    id: t.string,
    /** What a flow's verdict is in the kernel: above 0, never used again. */
    rule: Count,
    feed: t.string,
    prefix: Prefix,
    proto: t.union([Protocol, t.null]),
    port: t.union([Port, t.null]),
    confidence: Count,
    validFrom: TimeUs,
    validUntil: t.union([TimeUs, t.null]),
    note: t.union([t.string, t.null]),
    addedAt: TimeUs,
  }),
  { id: 'Indicator' },
);
export type Indicator = t.TypeOf<typeof Indicator>;
export const IndicatorList = annotate(t.type({ items: t.array(Indicator) }), { id: 'IndicatorList' });
export type IndicatorList = t.TypeOf<typeof IndicatorList>;
