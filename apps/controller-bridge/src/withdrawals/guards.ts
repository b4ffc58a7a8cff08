import { canonicalPrefix, formatPrefix, type IntentRef, type Target } from '@guardpost/contracts';
import { criteria, dropRule, ETHER_TYPE, type FlowRule } from '@guardpost/intents';
import { GUARD_PRIORITY } from '../mitigations/flow-rule.js';
import type { WantedPlacement } from '../mitigations/placement-plan.js';
import type { Places } from '../mitigations/places.js';
import { routePrefix } from './intent-record.js';

/** Drops what goes to a prefix, at one device. */
export function guardRule(device: string, prefix: string): FlowRule {
  const v6 = prefix.includes(':');
  return dropRule(device, GUARD_PRIORITY, [
    criteria.ethType(v6 ? ETHER_TYPE.ipv6 : ETHER_TYPE.ipv4),
    (v6 ? criteria.ipv6Dst : criteria.ipv4Dst)(canonicalPrefix(prefix)),
  ]);
}

/** What a withdrawal cuts: the whole prefix of a route intent, the target alone of any other. */
export function cutBy(target: Target, intents: readonly IntentRef[]): string[] {
  const routes = intents.flatMap((ref) => {
    const prefix = routePrefix(ref);
    return prefix === undefined ? [] : [formatPrefix(prefix)];
  });
  return [...new Set(routes.length === intents.length && routes.length > 0 ? routes : [...routes, canonicalPrefix(target.prefix)])];
}

/**
 * Guard rules at every device, so that nothing passes when the intent comes back by itself, wherever it then enters; and so
 * that the withdrawal can be seen in ONOS with an empty ledger.
 */
export class Guards {
  constructor(private readonly places: Places) {}

  of(target: Target, intents: readonly IntentRef[]): WantedPlacement[] {
    return cutBy(target, intents).flatMap((prefix) =>
      this.places.devices().map<WantedPlacement>(({ device, box }) => ({
        action: 'withdraw-intent',
        role: 'guard',
        box,
        device,
        inPort: null,
        side: 'to',
        rule: guardRule(device, prefix),
      })),
    );
  }
}
