import type { IntentRecord } from './intents.js';

const COLUMNS = {
  INSTALLED: 'installed',
  FAILED: 'failed',
  INSTALL_REQ: 'installReq',
  INSTALLING: 'installing',
  COMPILING: 'compiling',
  RECOMPILING: 'recompiling',
  WITHDRAW_REQ: 'withdrawReq',
  WITHDRAWING: 'withdrawing',
  WITHDRAWN: 'withdrawn',
} as const;

/** IntentsWebResource.getIntentSummary: states counted, in all and by type. */
export function miniSummary(records: readonly IntentRecord[]): Record<string, Record<string, number>> {
  const row = (some: readonly IntentRecord[]): Record<string, number> => ({
    total: some.length,
    ...Object.fromEntries(
      Object.entries(COLUMNS).map(([state, column]) => [column, some.filter((record) => record.state === state).length]),
    ),
    unknownState: 0,
  });
  const summary: Record<string, Record<string, number>> = { All: row(records) };
  for (const type of new Set(records.map(({ intent }) => intent.type))) {
    summary[type.replace(/Intent$/, '')] = row(records.filter(({ intent }) => intent.type === type));
  }
  return summary;
}
