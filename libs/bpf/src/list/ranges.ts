import type { ListEntry } from './list-entry.js';
import type { LinkTable } from './link-table.js';

/** The address space cut where the answer changes: from `starts[i]` to before `starts[i + 1]`, the chain `heads[i]` holds (0 = not listed). */
export interface Ranges<Address extends number | bigint> {
  readonly starts: Address[];
  readonly heads: number[];
}

/** Entries of one prefix, in the order of first address, then length. */
export interface PrefixGroup<Address extends number | bigint> {
  readonly first: Address;
  /** First address after it. */
  readonly end: Address;
  readonly entries: readonly ListEntry[];
}

/**
 * One pass over sorted prefixes. Prefixes nest, so a stack of those that are open gives each one its nearest shorter prefix.
 * `zero` is the first address of the space.
 */
export function sweep<Address extends number | bigint>(
  groups: Iterable<PrefixGroup<Address>>,
  links: LinkTable,
  zero: Address,
): Ranges<Address> {
  const starts: Address[] = [zero];
  const heads = [0];
  const open: { end: Address; head: number }[] = [];
  const cut = (at: Address, head: number): void => {
    if (starts[starts.length - 1] === at) heads[heads.length - 1] = head;
    else {
      starts.push(at);
      heads.push(head);
    }
  };
  const closeUntil = (address?: Address): void => {
    for (let top = open.at(-1); top !== undefined && (address === undefined || top.end <= address); top = open.at(-1)) {
      open.pop();
      cut(top.end, open.at(-1)?.head ?? 0);
    }
  };
  for (const { first, end, entries } of groups) {
    closeUntil(first);
    const head = links.chain(entries, open.at(-1)?.head ?? 0);
    cut(first, head);
    open.push({ end, head });
  }
  closeUntil();
  return { starts, heads };
}
