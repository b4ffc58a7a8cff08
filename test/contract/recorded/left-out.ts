import { isSuperseded, type RecordedCall } from './calls.js';

/** Recorded calls that are no case, by name, and why. Whatever is named neither here nor by the rule below is one. */
export const LEFT_OUT: Readonly<Record<string, string>> = {};

/** Why a recorded call is no case; undefined where it is one. */
export function leftOut(call: RecordedCall): string | undefined {
  return LEFT_OUT[call.name] ?? (isSuperseded(call) ? 'recorded again later under this name; the earlier answer was not kept' : undefined);
}
