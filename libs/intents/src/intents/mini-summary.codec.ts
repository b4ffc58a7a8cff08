import * as t from 'io-ts';

/** Numbers of intents by state (IntentMiniSummaryCodec). */
export const IntentCounts = t.type(
  {
    total: t.number,
    installed: t.number,
    failed: t.number,
    installReq: t.number,
    installing: t.number,
    compiling: t.number,
    recompiling: t.number,
    withdrawReq: t.number,
    withdrawing: t.number,
    withdrawn: t.number,
    unknownState: t.number,
  },
  'IntentCounts',
);
export type IntentCounts = t.TypeOf<typeof IntentCounts>;

/** By type of intent without the word Intent, `PointToPoint`, and `All`. */
export const MiniSummary = t.record(t.string, IntentCounts, 'MiniSummary');
export type MiniSummary = t.TypeOf<typeof MiniSummary>;
