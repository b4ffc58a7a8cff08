import type { IpPrefix } from '@guardpost/contracts';

/**
 * `count` different IPv4 prefixes as a feed has them: nine addresses to a /24, all over the unicast space. None contains 10.0.0.0/8, nor an
 * address with an odd third and fourth byte: those are the packets' (generate.bpf.c).
 */
export function unmatchedPrefixes(count: number): IpPrefix[] {
  const seen = new Set<number>();
  const prefixes: IpPrefix[] = [];
  let seed = 12_345;
  while (prefixes.length < count) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    const whole = prefixes.length % 10 === 0;
    const address = (mix(seed) & (whole ? 0xff_ff_fe_00 : 0xff_ff_ff_fe)) >>> 0;
    const first = address >>> 24;
    const key = address + (whole ? 1 : 0);
    if (first === 0 || first === 10 || first === 127 || first > 223 || seen.has(key)) continue;
    seen.add(key);
    prefixes.push({ family: 4, bytes: bytesOf(address), length: whole ? 24 : 32 });
  }
  return prefixes;
}

const bytesOf = (address: number): Uint8Array => Uint8Array.of(address >>> 24, address >>> 16, address >>> 8, address);

/** The low bits of a linear congruence repeat soon: all bits are made to depend on all. */
function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
