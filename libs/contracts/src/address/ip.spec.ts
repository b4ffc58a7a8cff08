import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, formatAddress, formatPrefix, overlaps, parseAddress, parsePrefix, type IpPrefix } from './ip.js';

const prefix = (text: string): IpPrefix => {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(`${text} is no prefix`);
  return parsed;
};
const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });

describe('addresses', () => {
  it.each([
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:2:3:4:5:6:7:0', '1:2:3:4:5:6:7:0'],
    ['198.51.100.7', '198.51.100.7'],
  ])('%s is spelt %s', (text, canonical) => expect(formatAddress(parseAddress(text) ?? new Uint8Array(0))).toBe(canonical));

  it.each([
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4.5',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    'g::',
    '::1.2.3',
    '1:2:3:4:5:6:7::8',
  ])('refuses %j', (text) => expect(parseAddress(text)).toBeUndefined());

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(fc.oneof(bytes(4), bytes(16)), (b) => {
        expect([...(parseAddress(formatAddress(b)) ?? [])]).toEqual([...b]);
      }),
    );
  });
});

describe('prefixes', () => {
  it.each(['10.0.0.1/8', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/08', '2001:db8::1/64', '10.0.0.0/-1'])('refuses %s', (text) =>
    expect(parsePrefix(text)).toBeUndefined(),
  );

  it('always says its length', () => {
    expect(formatPrefix(prefix('198.51.100.7'))).toBe('198.51.100.7/32');
    expect(formatPrefix(prefix('2001:DB8::/32'))).toBe('2001:db8::/32');
  });

  it.each([
    ['198.51.100.0/24', '198.51.100.7', true],
    ['198.51.100.7', '198.51.100.0/24', false],
    ['0.0.0.0/0', '1.2.3.4', true],
    ['198.51.100.0/25', '198.51.100.128/25', false],
    ['0.0.0.0/0', '::1', false],
    ['2001:db8::/33', '2001:db8:8000::/33', false],
  ])('%s contains %s: %s', (outer, inner, yes) => {
    expect(contains(prefix(outer), prefix(inner))).toBe(yes);
    expect(overlaps(prefix(inner), prefix(outer))).toBe(yes || contains(prefix(inner), prefix(outer)));
  });
});
