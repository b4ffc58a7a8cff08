/** Rows that went; the oldest of them are forgotten first. */
const KEEP_GONE = 10_000;

export interface Row {
  readonly id: string;
  readonly version: number;
}
export interface Gone {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
}

/** Numbers every change of the inventory, of whatever kind, and remembers what went. */
export class InventoryVersions {
  private version = 0;
  private readonly gone: Gone[] = [];
  private forgotten = 0;

  get current(): number {
    return this.version;
  }
  next(): number {
    return ++this.version;
  }
  remember(kind: string, id: string, version: number): void {
    this.gone.push({ kind, id, version });
    if (this.gone.length > KEEP_GONE) this.forgotten = this.gone.shift()?.version ?? this.forgotten;
  }
  goneAfter(version: number): Gone[] {
    return this.gone.filter((g) => g.version > version);
  }
  /** What went up to this version may be forgotten. */
  get goneSince(): number {
    return this.forgotten;
  }
}

/** The rows of one kind as last read. A row keeps its version while it stays the same. */
export class Collection<T extends Row> {
  private rows = new Map<string, { row: T; told: string; searched: string }>();

  constructor(
    private readonly kind: string,
    private readonly versions: InventoryVersions,
    /** Fields that change all the time and are no news: counters. */
    private readonly silent: readonly (keyof T)[] = [],
  ) {}

  /** Takes what was just read for all there is. One version for everything that changed in it. */
  replace(fresh: readonly Omit<T, 'version'>[]): void {
    let version: number | undefined;
    const next = new Map<string, { row: T; told: string; searched: string }>();
    for (const given of fresh) {
      const told = JSON.stringify(given, (key, value: unknown) => (this.silent.includes(key as keyof T) ? undefined : value));
      const known = this.rows.get(given.id);
      const same = known !== undefined && known.told === told;
      const row = { ...given, version: same ? known.row.version : (version ??= this.versions.next()) } as T; // what Omit took is put back
      next.set(given.id, { row, told, searched: same ? known.searched : told.toLowerCase() });
    }
    for (const id of this.rows.keys()) if (!next.has(id)) this.versions.remember(this.kind, id, (version ??= this.versions.next()));
    this.rows = next;
  }

  get(id: string): T | undefined {
    return this.rows.get(id)?.row;
  }

  /** Rows that contain every word of `words` somewhere, in any case, and pass `filter`. */
  find({ words = '', filter = () => true }: { words?: string; filter?: (row: T) => boolean } = {}): T[] {
    const wanted = words
      .toLowerCase()
      .split(/\s+/)
      .filter((w) => w !== '');
    const found: T[] = [];
    for (const { row, searched } of this.rows.values()) if (wanted.every((w) => searched.includes(w)) && filter(row)) found.push(row);
    return found;
  }

  changedAfter(version: number): T[] {
    return this.find({ filter: (row) => row.version > version });
  }
}
