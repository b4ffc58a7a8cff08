import { canonicalPrefix } from '@guardpost/contracts';
import type { FlowRule, Intent } from '@guardpost/intents';
import { DROP_BAND, GUARD_PRIORITY } from '../mitigations/flow-rule.js';
import { routePrefix, standing } from './intent-record.js';

type Rule = Pick<FlowRule, 'priority' | 'selector'>;

/** The prefix that a rule of ours guards; undefined where it is no guard. */
export function guardedPrefix({ priority, selector }: Rule): string | undefined {
  if (priority !== GUARD_PRIORITY) return undefined;
  const [to, ...more] = selector.criteria.filter((c) => c.type !== 'ETH_TYPE');
  if (to === undefined || more.length > 0 || !(to.type === 'IPV4_DST' || to.type === 'IPV6_DST') || !('ip' in to)) return undefined;
  return canonicalPrefix(String(to.ip));
}

/** Rules of ours outside the band of the drop rules stand in for what others forward by. */
const isStandIn = ({ priority }: Rule): boolean => priority < DROP_BAND.lowest || priority > DROP_BAND.highest;

export interface LostWithdrawals {
  /** Routes that are announced, have no intent, and whose guard nobody wants any more: dead for ever, if the guard just went. */
  readonly routes: readonly string[];
  /** Guarded prefixes that are no such route: what was withdrawn there, if it is still out, only its owner can submit. */
  readonly others: readonly string[];
  /** Route intents that must be whole before the rules of ours may go; empty where they may go at once. */
  readonly wait: readonly string[];
}

/** What rules of ours, that no mitigation in the ledger wants, say of withdrawals that the ledger knows nothing of. Pure. */
export function lostWithdrawals(orphans: readonly Rule[], announced: readonly string[], intents: readonly Intent[]): LostWithdrawals {
  const guarded = new Set(orphans.map(guardedPrefix).filter((p) => p !== undefined));
  const there = intents.filter((i) => routePrefix(i) !== undefined && !['gone', 'leaving'].includes(standing(i.state)));
  const out = announced.filter((prefix) => guarded.has(canonicalPrefix(prefix)) && !there.some((i) => i.key === prefix));
  const known = new Set([...announced, ...there.map((i) => i.key)].map(canonicalPrefix));
  const whole = there.filter((i) => i.state === 'INSTALLED').map((i) => i.key);
  return {
    routes: out,
    others: [...guarded].filter((prefix) => !known.has(prefix)),
    wait: out.length > 0 || orphans.some(isStandIn) ? [...out, ...whole] : [],
  };
}
