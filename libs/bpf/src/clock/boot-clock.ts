import { libc } from '../libbpf/native.js';

/** linux/time.h */
const CLOCK = { realtime: 0, monotonicCoarse: 6, boot: 7 } as const;

export interface BootClock {
  /** Nanoseconds since the machine started, time asleep included: the clock of events and of expiries. */
  bootNs(): bigint;
  /** Nanoseconds to add to a boot time for one since 1970. Changes when the wall clock is set: ask again, don't keep it. */
  wallOffsetNs(): bigint;
}

const time = Buffer.alloc(16);

function read(clock: number): bigint {
  libc.clockGettime(clock, time);
  return time.readBigInt64LE(0) * 1_000_000_000n + time.readBigInt64LE(8);
}

/** process.hrtime is CLOCK_MONOTONIC, which stands still while the machine sleeps; this is CLOCK_BOOTTIME. */
export const bootClock = (): BootClock => ({
  bootNs: () => read(CLOCK.boot),
  wallOffsetNs: () => {
    const before = read(CLOCK.boot);
    const wall = read(CLOCK.realtime);
    return wall - (before + read(CLOCK.boot)) / 2n;
  },
});

/** Length of a jiffy in ns: the coarse clock ticks with it (CONFIG_HZ is nowhere else to be read without root or /proc/config.gz). */
export function tickNs(): number {
  libc.clockGetres(CLOCK.monotonicCoarse, time);
  return Number(time.readBigInt64LE(8));
}
