import type { DropEntry, WatchEntry } from '@guardpost/bpf';
import { parsePrefix, type DropItem, type IpPrefix, type ListSnapshot, type WatchItem } from '@guardpost/contracts';
import { HeldList } from './held-list.js';

export const WATCH = 'watch';
export const dropListOf = (box: string): string => `drop.${box}`;

/** A drop entry but for its expiry on the boot clock, which follows from the clocks at the time of loading. */
type TimelessDrop = Omit<DropEntry, 'expiresBootNs'>;

export interface Lists {
  readonly watch: HeldList<WatchItem, WatchEntry>;
  readonly drop: HeldList<DropItem, TimelessDrop>;
}

interface Target {
  readonly prefix: string;
  readonly proto?: number | null | undefined;
  readonly port?: number | null | undefined;
}

/** Text that a codec let pass as a prefix. */
const prefixOf = (text: string): IpPrefix => {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new RangeError(`${text} is no prefix`);
  return prefix;
};

const qualifiers = ({ proto, port }: Omit<Target, 'prefix'>): { proto?: number; port?: number } => ({
  ...(proto === null || proto === undefined ? {} : { proto }),
  ...(port === null || port === undefined ? {} : { port }),
});
export const matchOf = (t: Target): { prefix: IpPrefix; proto?: number; port?: number } => ({
  prefix: prefixOf(t.prefix),
  ...qualifiers(t),
});

export const newLists = (box: string): Lists => ({
  watch: new HeldList(WATCH, (item) => ({ rule: item.rule, ...matchOf(item) })),
  drop: new HeldList(dropListOf(box), (item) => ({ id: item.id, ...matchOf(item) })),
});

/** The list as it can be kept on disk. */
export const toSnapshot = (list: HeldList<WatchItem, unknown> | HeldList<DropItem, unknown>, lists: Lists): ListSnapshot => ({
  kind: 'snapshot',
  list: list.name,
  version: Math.max(0, list.version),
  watch: list === lists.watch ? [...lists.watch.entries.values()].map((e) => e.item) : [],
  drop: list === lists.drop ? [...lists.drop.entries.values()].map((e) => e.item) : [],
});
