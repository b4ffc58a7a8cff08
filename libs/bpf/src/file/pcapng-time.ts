const TWO_32 = 2 ** 32;

/** Turns the two words of a pcapng time into microseconds since 1970. */
export type ToUs = (high: number, low: number) => number;

/** By option if_tsresol (a power of ten, or of two where its top bit is set) and if_tsoffset (seconds). */
export function timeOf(resolution: number, offsetSeconds: number): ToUs {
  const shift = offsetSeconds * 1e6;
  const exponent = resolution & 0x7f;
  if ((resolution & 0x80) !== 0) {
    const unit = 1n << BigInt(exponent);
    return (high, low) => Number(((BigInt(high) * 4294967296n + BigInt(low)) * 1_000_000n) / unit) + shift;
  }
  if (exponent <= 6) {
    const scale = 10 ** (6 - exponent);
    return (high, low) => (high * TWO_32 + low) * scale + shift;
  }
  // In halves: nanoseconds since 1970 are more than a double holds.
  const divisor = 10 ** (exponent - 6);
  const whole = Math.floor(TWO_32 / divisor);
  const rest = TWO_32 % divisor;
  return (high, low) => high * whole + Math.floor((high * rest + low) / divisor) + shift;
}
