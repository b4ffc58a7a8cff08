import type { IpPrefix } from '@guardpost/contracts';

/** One entry of a prefix list as the kernel programs see it: what it matches, and a number to give back. */
export interface ListEntry {
  readonly prefix: IpPrefix;
  /** IANA number; absent or 0 = any. */
  readonly proto?: number | undefined;
  /** Whole 16 bits; absent or 0 = any. */
  readonly port?: number | undefined;
  /** > 0: the rule of a watch entry, the slot of a drop entry. */
  readonly value: number;
  /** Of the drop list: never drop what this matches. */
  readonly safe?: boolean;
}

/** proto | port << 16, as a link holds it. Throws RangeError. */
export function qualifierOf(entry: ListEntry): number {
  const { proto = 0, port = 0 } = entry;
  if (!Number.isInteger(proto) || proto < 0 || proto > 255) throw new RangeError(`protocol ${proto} is not 0..255`);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new RangeError(`port ${port} is not 0..65535`);
  return (proto | (port << 16)) >>> 0;
}
