/** Addresses and prefixes as bytes in network order: 4 for IPv4, 16 for IPv6. Text is canonical (RFC 5952 for IPv6). */
export interface IpPrefix {
  readonly family: 4 | 6;
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** Bytes of an address, or undefined where `text` is none. IPv4 takes four decimal parts without leading zeros only. */
export function parseAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((p) => /^(0|[1-9]\d{0,2})$/.test(p) && Number(p) <= 255)) return undefined;
  return Uint8Array.from(parts, Number);
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => groupsOf(half));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const given = head.length + (tail?.length ?? 0);
  if (halves.length === 1 ? given !== 8 : given > 7) return undefined;
  const groups = [...head, ...Array.from({ length: 8 - given }, () => 0), ...(tail ?? [])];
  return Uint8Array.from(groups.flatMap((g) => [g >> 8, g & 0xff]));
}

/** The 16-bit groups of one side of `::`; a dotted IPv4 tail counts as two. */
function groupsOf(half: string): number[] | undefined {
  if (half === '') return [];
  const parts = half.split(':');
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (part.includes('.') && i === parts.length - 1) {
      const v4 = parseIpv4(part);
      if (v4 === undefined) return undefined;
      groups.push((v4[0]! << 8) | v4[1]!, (v4[2]! << 8) | v4[3]!);
    } else if (/^[\da-f]{1,4}$/i.test(part)) groups.push(parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** RFC 5952: lower case, the longest run of two or more zero groups as `::`. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (at + length < 8 && groups[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
  }
  const hex = groups.map((g) => g.toString(16));
  if (best.at < 0) return hex.join(':');
  return `${hex.slice(0, best.at).join(':')}::${hex.slice(best.at + best.length).join(':')}`;
}

/** `address` or `address/length`. Undefined where it is neither, or where bits beyond the length are set. */
export function parsePrefix(text: string): IpPrefix | undefined {
  const slash = text.indexOf('/');
  const bytes = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (bytes === undefined) return undefined;
  const bits = bytes.length * 8;
  const digits = slash < 0 ? String(bits) : text.slice(slash + 1);
  if (!/^(0|[1-9]\d{0,2})$/.test(digits) || Number(digits) > bits) return undefined;
  const prefix: IpPrefix = { family: bytes.length === 4 ? 4 : 6, bytes, length: Number(digits) };
  return bytes.every((byte, i) => (byte & ~maskByte(prefix.length, i) & 0xff) === 0) ? prefix : undefined;
}

/** Always with its length: `198.51.100.7/32`. */
export const formatPrefix = (prefix: IpPrefix): string => `${formatAddress(prefix.bytes)}/${prefix.length}`;

/** Whether every address of `inner` lies in `outer`. */
export const contains = (outer: IpPrefix, inner: IpPrefix): boolean =>
  outer.family === inner.family &&
  outer.length <= inner.length &&
  outer.bytes.every((byte, i) => ((byte ^ inner.bytes[i]!) & maskByte(outer.length, i)) === 0);

/** Whether the two have an address in common: prefixes nest, so one contains the other. */
export const overlaps = (a: IpPrefix, b: IpPrefix): boolean => contains(a, b) || contains(b, a);

const maskByte = (length: number, index: number): number => {
  const bits = Math.min(8, Math.max(0, length - 8 * index));
  return (0xff << (8 - bits)) & 0xff;
};
