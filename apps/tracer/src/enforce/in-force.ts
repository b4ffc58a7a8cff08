import type { DropEntry, WatchEntry } from '@guardpost/bpf';
import type { Clock } from '@guardpost/detect';
import type { Lists } from './lists.js';

/** What of a list is in force, and when that changes by itself (microseconds since 1970; Infinity for never). */
export interface InForce<Entry> {
  readonly entries: Entry[];
  readonly changesAt: number;
}

export function watchInForce(list: Lists['watch'], nowUs: number): InForce<WatchEntry> {
  const entries: WatchEntry[] = [];
  let changesAt = Infinity;
  for (const { item, entry } of list.entries.values()) {
    const until = item.validUntil ?? Infinity;
    if (item.validFrom <= nowUs && nowUs < until) entries.push(entry);
    for (const boundary of [item.validFrom, until]) if (boundary > nowUs) changesAt = Math.min(changesAt, boundary);
  }
  return { entries, changesAt };
}

/** The kernel checks each expiry itself; at `changesAt` the list is loaded again so that an empty one is taken off. */
export function dropsInForce(list: Lists['drop'], clock: Pick<Clock, 'nowUs' | 'usToBootNs'>): InForce<DropEntry> {
  const now = clock.nowUs();
  const entries: DropEntry[] = [];
  let changesAt = Infinity;
  for (const { item, entry } of list.entries.values()) {
    if (item.expiresAt <= now) continue;
    entries.push({ ...entry, expiresBootNs: clock.usToBootNs(item.expiresAt) });
    changesAt = Math.min(changesAt, item.expiresAt);
  }
  return { entries, changesAt };
}
