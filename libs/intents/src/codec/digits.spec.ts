import { right } from 'fp-ts/lib/Either.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cookieOf, flowIdOfCookie } from '../flows/flow-id.js';
import { Digits, quoteLongNumbers } from './digits.js';

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

describe('flow ids', () => {
  it('keep every digit, as text and as a bare number', () => {
    fc.assert(
      fc.property(int64, fc.constantFrom('id', 'flowId'), fc.constantFrom('', ' ', '\n  '), (id, name, space) => {
        for (const value of [`"${id}"`, String(id)]) {
          const parsed = JSON.parse(quoteLongNumbers(`{"x":1,"${name}":${space}${value},"y":[{"${name}":${value}}]}`)) as Record<
            string,
            unknown
          >;
          expect(Digits.decode(parsed[name])).toEqual(right(String(id)));
        }
      }),
    );
  });

  it('leaves every other JSON as it is', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(quoteLongNumbers(json)).toBe(json);
      }),
    );
    const text = JSON.stringify({ message: '"id":12345678901234567', note: 'a "flowId": 12345678901234567', bytes: 1 });
    expect(quoteLongNumbers(text)).toBe(text);
  });

  it('refuses numbers that have lost digits already, and other text', () => {
    for (const wrong of [2 ** 53, 1.5, '', '0x1', '1e3', '12345678901234567890', null, {}]) expect(Digits.decode(wrong)._tag).toBe('Left');
  });

  it('are the OpenFlow cookie', () => {
    expect(cookieOf('7318350038462322')).toBe('0x1a000026626f72');
    expect(flowIdOfCookie('0x1a000026626f72')).toBe('7318350038462322');
    expect(flowIdOfCookie('1a')).toBeUndefined();
    fc.assert(fc.property(int64, (id) => flowIdOfCookie(cookieOf(String(id))) === String(id)));
  });
});
