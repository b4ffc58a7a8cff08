import { contains, parseAddress, parsePrefix, type IntentRef, type IpPrefix, type Target } from '@guardpost/contracts';
import { isKnownIntent, type Host, type Intent } from '@guardpost/intents';
import { refusal, routePrefix } from './intent-record.js';

const inside = (prefix: IpPrefix, address: string): boolean => {
  const bytes = parseAddress(address);
  return bytes !== undefined && contains(prefix, { family: bytes.length === 4 ? 4 : 6, bytes, length: bytes.length * 8 });
};

/**
 * The intents that carry the traffic to a target: the route intent whose prefix covers it most closely; where there is none,
 * those that lead to the hosts of the target. Pure.
 */
export function chooseIntents(target: Target, intents: readonly Intent[], hosts: readonly Host[]): IntentRef[] {
  const wanted = parsePrefix(target.prefix);
  if (wanted === undefined) return [];
  const live = intents.filter((i) => isKnownIntent(i) && i.state !== 'WITHDRAWN' && refusal(i) === undefined);
  let best: { ref: IntentRef; length: number } | undefined;
  for (const { appId, key } of live) {
    const prefix = routePrefix({ appId, key });
    if (prefix !== undefined && contains(prefix, wanted) && prefix.length > (best?.length ?? -1))
      best = { ref: { appId, key }, length: prefix.length };
  }
  if (best !== undefined) return [best.ref];
  const there = hosts.filter((h) => h.ipAddresses.some((a) => inside(wanted, a)));
  return live.filter((i) => there.some((h) => leadsTo(i, h))).map(({ appId, key }) => ({ appId, key }));
}

function leadsTo(intent: Intent, { id, mac }: Host): boolean {
  if (!isKnownIntent(intent)) return false;
  if (intent.type === 'HostToHostIntent') return [intent.one, intent.two].some((end) => end.toLowerCase() === id.toLowerCase());
  return intent.selector.criteria.some((c) => c.type === 'ETH_DST' && 'mac' in c && String(c.mac).toLowerCase() === mac.toLowerCase());
}
