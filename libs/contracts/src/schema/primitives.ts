import * as t from 'io-ts';
import { formatPrefix, parseAddress, parsePrefix } from '../address/ip.js';
import { annotate, integer, matching } from './annotation.js';

/** An IPv4 or IPv6 address as text. */
export const Address = annotate(
  t.refinement(t.string, (s) => parseAddress(s) !== undefined, 'Address'),
  { description: 'an IPv4 or IPv6 address', example: '198.51.100.7' },
);

/** `address/length` with no bits set beyond the length; a bare address is its /32 or /128. */
export const Prefix = annotate(
  t.refinement(t.string, (s) => parsePrefix(s) !== undefined, 'Prefix'),
  {
    description: 'an IP address or prefix without host bits, such as 198.51.100.0/24',
    example: '198.51.100.0/24',
  },
);

/** The one spelling of a prefix that is used as a key. Throws on text that `Prefix` refuses. */
export function canonicalPrefix(text: string): string {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new RangeError(`${text} is no prefix`);
  return formatPrefix(prefix);
}

export const Port = integer('Port', 0, 65_535);
/** IANA protocol number. */
export const Protocol = integer('Protocol', 0, 255);
export const Count = integer('Count', 0);
/** Microseconds since 1970-01-01 UTC, a whole number below 2^53. */
export const TimeUs = integer('TimeUs', 0);
export const BoxId = matching('BoxId', /^[a-z][a-z0-9-]{0,31}$/, {
  description: 'a box id: lower-case letters, digits and hyphens, at most 32 characters',
  example: 'gist1',
});
/** Of an ONOS device: `of:` and 16 hexadecimal digits. */
export const DeviceId = matching('DeviceId', /^of:[0-9a-f]{16}$/, {
  description: 'an ONOS device id: of: and 16 hexadecimal digits',
  example: 'of:0000000000000001',
});
export const RequestId = matching('RequestId', /^[\w-]{8,64}$/, {
  description: 'made by the caller, 8 to 64 of A-Z a-z 0-9 _ -; a repeat returns the first result',
});
