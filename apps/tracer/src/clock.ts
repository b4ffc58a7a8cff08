/** Times of events come from the kernel's boot clock; messages carry microseconds since 1970. */
export interface Clock {
  /** Microseconds since 1970. */
  nowUs(): number;
  bootToUs(bootNs: bigint): number;
  usToBootNs(us: number): bigint;
}

/** The clocks of this machine: `boot` as libs/bpf reads it. */
export function systemClock(boot: { bootNs(): bigint; wallOffsetNs(): bigint }): Clock {
  const bootToUs = (bootNs: bigint): number => Number((bootNs + boot.wallOffsetNs()) / 1000n);
  return {
    nowUs: () => bootToUs(boot.bootNs()),
    bootToUs,
    usToBootNs: (us) => BigInt(us) * 1000n - boot.wallOffsetNs(),
  };
}
