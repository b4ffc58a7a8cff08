import { formatPrefix, parsePrefix } from '@guardpost/contracts';
import { isKnownCriterion, type Criterion } from './criterion.codec.js';
import type { Selector } from './selector.codec.js';

/**
 * Whether two selectors match the same packets. ONOS gives criteria back in its own order and spelling (`0x800` for
 * `0x0800`, MACs in capitals, IPv6 shortened), so texts cannot be compared.
 */
export function sameSelector(a: Selector, b: Selector): boolean {
  const [one, two] = [canonical(a), canonical(b)];
  return one.length === two.length && one.every((criterion, i) => criterion === two[i]);
}

const canonical = ({ criteria }: Selector): string[] => [...new Set(criteria.map(canonicalCriterion))].sort();

function canonicalCriterion(criterion: Criterion): string {
  if (!isKnownCriterion(criterion)) return JSON.stringify(Object.entries(criterion).sort(([x], [y]) => (x < y ? -1 : 1)));
  switch (criterion.type) {
    case 'ETH_TYPE':
      return `ETH_TYPE ${Number(criterion.ethType) || criterion.ethType}`;
    case 'ETH_SRC':
    case 'ETH_DST':
      return `${criterion.type} ${criterion.mac.toUpperCase()}`;
    case 'IPV4_SRC':
    case 'IPV4_DST':
    case 'IPV6_SRC':
    case 'IPV6_DST': {
      const prefix = parsePrefix(criterion.ip);
      return `${criterion.type} ${prefix === undefined ? criterion.ip : formatPrefix(prefix)}`;
    }
    default:
      return Object.values(criterion).sort().join(' ');
  }
}
