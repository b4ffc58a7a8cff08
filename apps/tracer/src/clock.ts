import type { Clock } from '@guardpost/detect';

/** The clocks of this machine: `boot` as libs/bpf reads it. */
export function systemClock(boot: { bootNs(): bigint; wallOffsetNs(): bigint }): Clock {
  const bootToUs = (bootNs: bigint): number => Number((bootNs + boot.wallOffsetNs()) / 1000n);
  return {
    nowUs: () => bootToUs(boot.bootNs()),
    bootToUs,
    usToBootNs: (us) => BigInt(us) * 1000n - boot.wallOffsetNs(),
  };
}
