import { annotate, integer, Prefix, Scope, TTL_MAX_SECONDS } from '@guardpost/contracts';
import * as t from 'io-ts';

const Seconds = integer('Seconds', 1, TTL_MAX_SECONDS);

/** A withdrawal cuts everything towards a prefix of ours: a person decides that, never a detection of a remote host. */
const DropAction = annotate(t.keyof({ 'drop-flow': null, 'tap-drop': null }), { id: 'DropAction' });

/** The first rule whose `match` fits decides. What `match` does not name fits. */
export const PolicyRule = t.intersection([
  t.type({
    name: t.string,
    match: t.partial({
      detector: t.literal('indicator'),
      feeds: t.array(t.string),
      boxes: t.array(t.string),
      minConfidence: integer('Confidence', 0, 100),
    }),
    /** None: detections are recorded, nothing is done. */
    actions: t.array(DropAction),
  }),
  /** Where `drop-flow` puts its rules. Default: `nearest`. */
  t.partial({ scope: Scope }),
  /** How long a target is blocked: the first time, the second, ... the last entry from then on. */
  t.partial({ ttlSeconds: t.array(Seconds) }),
]);
export type PolicyRule = t.TypeOf<typeof PolicyRule>;

export const Policy = t.type({
  rules: t.array(PolicyRule),
  /** Nothing that touches these is ever blocked. */
  neverBlock: t.array(Prefix),
  /** The widest that may be blocked, in prefix length. */
  widest: t.type({ v4: integer('PrefixLength', 0, 32), v6: integer('PrefixLength', 0, 128) }),
  /** Live mitigations in total; at this number detections are recorded only. */
  maxLive: integer('MaxLive', 1),
});
export type Policy = t.TypeOf<typeof Policy>;

/** 10 min, 1 h, 24 h, 7 d. */
export const DEFAULT_TTL_SECONDS = [600, 3_600, 86_400, 604_800] as const;
