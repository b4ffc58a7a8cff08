import type { ListChange } from '@guardpost/contracts';

/** What a message did to a list. `behind`: something is missing in between, the snapshot must be read. */
export type Outcome = 'applied' | 'nothing' | 'behind' | { readonly refused: string };

/** One list at one version. Versions only grow: an older list, however well signed, is never taken back. */
export class HeldList<Item extends { readonly id: string }, Entry> {
  /** -1 before the first list ever. */
  version = -1;
  /** The highest version that a change spoke of. */
  wanted = -1;
  readonly entries = new Map<string, { readonly item: Item; readonly entry: Entry }>();

  constructor(
    readonly name: string,
    private readonly toEntry: (item: Item) => Entry,
  ) {}

  get isBehind(): boolean {
    return this.wanted > this.version;
  }

  snapshot(version: number, items: readonly Item[]): Outcome {
    if (version < this.version) return { refused: `old list: version ${version} after version ${this.version}` };
    if (version === this.version) return 'nothing';
    this.entries.clear();
    this.put(items);
    this.version = version;
    return 'applied';
  }

  change({ base, version, remove }: Pick<ListChange, 'base' | 'version' | 'remove'>, items: readonly Item[]): Outcome {
    if (version < base) return { refused: `wrong version: a change from ${base} to ${version}` };
    this.wanted = Math.max(this.wanted, version);
    // Where the snapshot was read after the position in the stream, it holds these steps already.
    if (version <= this.version) return 'nothing';
    if (base !== Math.max(0, this.version)) return 'behind';
    for (const id of remove) this.entries.delete(id);
    this.put(items);
    this.version = version;
    return 'applied';
  }

  private put(items: readonly Item[]): void {
    for (const item of items) this.entries.set(item.id, { item, entry: this.toEntry(item) });
  }
}
