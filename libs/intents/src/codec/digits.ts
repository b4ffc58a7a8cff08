import { either } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';

/**
 * A 64-bit number as its decimal text: flow ids exceed 2^53 and are strings everywhere. ONOS 2.7 writes them as strings
 * (FlowRuleCodec, FlowsWebResource); a number is taken where it is exact, and `quoteLongNumbers` sees to it that it is.
 */
export const Digits: t.Type<string, string, unknown> = new t.Type(
  'Digits',
  (u): u is string => typeof u === 'string' && /^-?\d{1,19}$/.test(u),
  (u, context) =>
    typeof u === 'number' && Number.isSafeInteger(u)
      ? t.success(String(u))
      : either.chain(t.string.validate(u, context), (s) => (Digits.is(s) ? t.success(s) : t.failure(u, context))),
  t.identity,
);

/** Puts quotes round bare ids of flows of 16 digits and more, which `JSON.parse` would round. A quote within a string is escaped, so none is touched. */
export function quoteLongNumbers(json: string): string {
  return json.replace(/(?<!\\)"(id|flowId)"(\s*:\s*)(-?\d{16,19})(?![\d.eE])/g, '"$1"$2"$3"');
}

/** `JSON.parse` that keeps every digit of ids of flows. Throws `SyntaxError`. */
export function parseJson(json: string): unknown {
  return JSON.parse(quoteLongNumbers(json));
}
