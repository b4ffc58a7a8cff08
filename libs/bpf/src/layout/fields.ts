import { formatAddress } from '@guardpost/contracts';

const VNI_PRESENT = 0x8000_0000;
const VNI_MASK = 0xff_ffff;
const VLAN_PRESENT = 0x1000;
const VLAN_MASK = 0xfff;
const PROTO = { icmp: 1, icmp6: 58 } as const;

/** Fields of c/guard.h that need more than a read. Numbers are in the machine's order (little endian), addresses and ports in wire order. */

export const addressAt = (view: DataView, offset: number, family: 4 | 6): string =>
  formatAddress(new Uint8Array(view.buffer, view.byteOffset + offset, family === 4 ? 4 : 16));

export const vniOf = (word: number): number | null => ((word & VNI_PRESENT) === 0 ? null : word & VNI_MASK);

/** Ids of the tags that are there, outermost first. */
export const vlansOf = (...tags: number[]): number[] => tags.filter((tag) => (tag & VLAN_PRESENT) !== 0).map((tag) => tag & VLAN_MASK);

export interface Service {
  readonly sport: number;
  readonly dport: number;
  readonly icmp: { readonly type: number; readonly code: number } | null;
}

/** What the two port fields mean for a protocol: ICMP keeps type and code in the second, and says in the first that they were read. */
export function serviceAt(view: DataView, sportAt: number, dportAt: number, proto: number): Service {
  if (proto === PROTO.icmp || proto === PROTO.icmp6)
    return {
      sport: 0,
      dport: 0,
      icmp: view.getUint16(sportAt) === 0 ? null : { type: view.getUint8(dportAt), code: view.getUint8(dportAt + 1) },
    };
  return { sport: view.getUint16(sportAt), dport: view.getUint16(dportAt), icmp: null };
}

/** A 64-bit count as a number: exact to 2^53. */
export const countAt = (view: DataView, offset: number): number =>
  view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 2 ** 32;
