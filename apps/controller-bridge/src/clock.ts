/** Microseconds since 1970. `performance` gives the fraction of a millisecond that `Date.now()` lacks. */
export const nowUs = (): number => Math.round((performance.timeOrigin + performance.now()) * 1000);
