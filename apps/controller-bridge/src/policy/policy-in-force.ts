import { overlaps, parsePrefix } from '@guardpost/contracts';
import { bgpSpeakersOf, type NetworkConfiguration } from '@guardpost/intents';
import type { Policy } from './policy.codec.js';

/**
 * Addresses without which the network itself stops, wherever it is: unspecified, loopback, link-local (IPv6 neighbour
 * discovery and router advertisements come from there), multicast (so does the rest of it), broadcast.
 */
const ALWAYS = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '255.255.255.255/32', '::/127', 'fe80::/10', 'ff00::/8'];

/** The operator's policy, and with it what the network's own configuration says must never be blocked. */
export class PolicyInForce {
  private protectedNow: readonly string[] = [];
  private merged: Policy;

  constructor(private readonly policy: Policy) {
    this.merged = this.merge();
  }

  get current(): Policy {
    return this.merged;
  }

  /** Takes what must be protected from now on; says whether that is news. */
  protect(prefixes: readonly string[]): boolean {
    if (prefixes.join() === this.protectedNow.join()) return false;
    this.protectedNow = prefixes;
    this.merged = this.merge();
    return true;
  }

  private merge(): Policy {
    return { ...this.policy, neverBlock: [...this.policy.neverBlock, ...this.protectedNow, ...ALWAYS] };
  }
}

/** BGP speakers' peers and the addresses of the routed interfaces, as ONOS has them configured. */
export function protectedBy(configuration: NetworkConfiguration): string[] {
  const peers = bgpSpeakersOf(configuration).flatMap((s) => s.peers);
  const own = Object.values(configuration.ports).flatMap((p) => p.interfaces?.flatMap((i) => i.ips ?? []) ?? []);
  const addresses = [...peers, ...own].map((text) => text.split('/')[0] ?? '');
  return [...new Set(addresses.map((a) => `${a}/${a.includes(':') ? 128 : 32}`))].filter((p) => parsePrefix(p) !== undefined).sort();
}

/** Which of the protected a prefix touches. */
export const touched = (never: readonly string[], prefix: string): string | undefined => {
  const one = parsePrefix(prefix);
  return one === undefined
    ? undefined
    : never.find((text) => {
        const other = parsePrefix(text);
        return other !== undefined && overlaps(other, one);
      });
};
