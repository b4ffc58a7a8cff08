import { parsePrefix, type Action, type Detection, type Scope, type Target } from '@guardpost/contracts';
import { touched } from './policy-in-force.js';
import { DEFAULT_TTL_SECONDS, type Policy, type PolicyRule } from './policy.codec.js';

/** What is known when a detection is judged. */
export interface Facts {
  readonly detection: Detection;
  /** The indicator as the ledger has it now; undefined where it was removed meanwhile. */
  readonly indicator: { readonly feed: string; readonly confidence: number } | undefined;
  /** Ended mitigations of the same target that ran out by themselves. */
  readonly offences: number;
  readonly live: number;
  /** Of the newest mitigation of the target that ended. */
  readonly lifted: { readonly at: number; readonly mutedUntil: number | null } | undefined;
  readonly now: number;
}

export type Decision =
  | {
      readonly kind: 'block';
      readonly rule: string;
      readonly actions: readonly Action[];
      readonly scope: Scope;
      readonly ttlSeconds: number;
      readonly why: string;
    }
  | { readonly kind: 'leave'; readonly why: string };

/**
 * The traffic to stop for a detection: the remote host, or its one service where the indicator names one. A port of any
 * protocol is stopped for the protocol that was seen.
 */
export const targetOf = ({ flow, indicator }: Detection): Target => ({
  prefix: `${flow.remote}/${flow.remote.includes(':') ? 128 : 32}`,
  proto: indicator.port === null ? indicator.proto : flow.proto,
  port: indicator.port,
});

/** Why nothing may ever block this target; undefined where it may be blocked. */
export function forbidden(policy: Policy, target: Target): string | undefined {
  const prefix = parsePrefix(target.prefix);
  if (prefix === undefined) return `${target.prefix} is no prefix`;
  const kept = touched(policy.neverBlock, target.prefix);
  if (kept !== undefined) return `${target.prefix} touches ${kept}, which is never blocked`;
  const widest = prefix.family === 4 ? policy.widest.v4 : policy.widest.v6;
  return prefix.length < widest ? `${target.prefix} is wider than /${widest}, the widest that may be blocked` : undefined;
}

/** Pure: the same facts and policy give the same decision. */
export function decide(policy: Policy, facts: Facts): Decision {
  const { detection, indicator, lifted, now } = facts;
  const leave = (why: string): Decision => ({ kind: 'leave', why });
  if (indicator === undefined) return leave(`indicator ${detection.indicator.id} is no longer listed`);
  const rule = policy.rules.find((r) => matches(r, detection, indicator));
  if (rule === undefined) return leave('no rule of the policy matches');
  if (rule.actions.length === 0) return leave(`rule ${rule.name} only records`);
  const refused = forbidden(policy, targetOf(detection));
  if (refused !== undefined) return leave(refused);
  if (facts.live >= policy.maxLive) return leave(`${facts.live} mitigations are live, the policy allows ${policy.maxLive}`);
  if (lifted !== undefined && (lifted.mutedUntil ?? 0) > now) return leave('lifted by a person a short while ago');
  if (lifted !== undefined && detection.lastAt <= lifted.at) return leave('seen before the last mitigation was lifted');
  const ttls = rule.ttlSeconds ?? DEFAULT_TTL_SECONDS;
  const ttlSeconds = ttls[Math.min(facts.offences, ttls.length - 1)] ?? DEFAULT_TTL_SECONDS[0];
  return {
    kind: 'block',
    rule: rule.name,
    actions: rule.actions,
    scope: rule.scope ?? 'nearest',
    ttlSeconds,
    why: `rule ${rule.name}: ${detection.flow.remote} matches ${detection.indicator.prefix} of feed ${indicator.feed}`,
  };
}

const matches = ({ match }: PolicyRule, detection: Detection, indicator: { feed: string; confidence: number }): boolean =>
  (match.detector === undefined || match.detector === detection.detector) &&
  (match.feeds === undefined || match.feeds.includes(indicator.feed)) &&
  (match.boxes === undefined || match.boxes.includes(detection.box)) &&
  (match.minConfidence === undefined || indicator.confidence >= match.minConfidence);
