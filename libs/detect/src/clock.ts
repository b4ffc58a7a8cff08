/** Times of events come from the kernel's boot clock; messages carry microseconds since 1970. */
export interface Clock {
  /** Microseconds since 1970. */
  nowUs(): number;
  bootToUs(bootNs: bigint): number;
  usToBootNs(us: number): bigint;
}
