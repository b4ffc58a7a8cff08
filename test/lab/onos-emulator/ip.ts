import { isIP } from 'node:net';
import { illegal } from './refusal.js';

export interface Prefix {
  readonly version: 4 | 6;
  readonly bits: bigint;
  readonly length: number;
}
const WIDTH = { 4: 32, 6: 128 } as const;

/** IpAddress.valueOf */
export function parseAddress(text: string): { version: 4 | 6; bits: bigint } {
  const version = isIP(text);
  if (version === 4) return { version, bits: text.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n) };
  if (version !== 6) throw illegal(`Invalid IP address string: ${text}`);
  const [head = '', tail] = canonical6(text).split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const [front, back] = [groups(head), groups(tail ?? '')];
  const all = tail === undefined ? front : [...front, ...Array<string>(8 - front.length - back.length).fill('0'), ...back];
  return { version, bits: all.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n) };
}

/** IpPrefix.valueOf: the bits behind the length are cleared. */
export function parsePrefix(text: string): Prefix {
  const [address = '', length] = text.split('/');
  if (length === undefined) throw illegal(`Malformed IP prefix string: ${text}. Address must take form "x.x.x.x/y" or "x:x:x:x:x:x:x:x/y"`);
  const { version, bits } = parseAddress(address);
  const width = WIDTH[version];
  const n = Number(length);
  if (!/^\d+$/.test(length) || n > width) throw illegal(`Invalid prefix length ${length}. The value must be in the interval [0, ${width}]`);
  const mask = ((1n << BigInt(n)) - 1n) << BigInt(width - n);
  return { version, bits: bits & mask, length: n };
}

export function formatPrefix({ version, bits, length }: Prefix): string {
  return `${formatAddress(version, bits)}/${length}`;
}
export function contains(outer: Prefix, inner: Prefix): boolean {
  const shift = BigInt(WIDTH[outer.version] - outer.length);
  return outer.version === inner.version && outer.length <= inner.length && outer.bits >> shift === inner.bits >> shift;
}
/** An address as a prefix of full length. */
export function hostPrefix(address: string): Prefix {
  const { version, bits } = parseAddress(address);
  return { version, bits, length: WIDTH[version] };
}

function formatAddress(version: 4 | 6, bits: bigint): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((bits >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  return canonical6(groups.join(':'));
}
const canonical6 = (address: string): string => new URL(`http://[${address}]/`).hostname.slice(1, -1);
