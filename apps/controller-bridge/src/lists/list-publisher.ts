import { ListSnapshot, redisKeys, type DropItem, type ListChange, type WatchItem } from '@guardpost/contracts';
import { answered, type Opener, type Sealer } from '@guardpost/platform';
import type { Redis } from 'ioredis';

/** Changes that are kept for boxes that fell behind; one that fell further back reads the snapshot. */
const KEEP_CHANGES = 1_000;
/** A long list is written whole at most this often; a short one with every change. */
const SNAPSHOT_EVERY_MS = 1_000;
const SHORT = 1_000;

type Item = WatchItem | DropItem;

/** Publishes one list to the boxes: each change as it comes, and the whole for those who join. One at a time. */
export class ListPublisher {
  private held: { version: number; items: Map<string, string> } | undefined;
  private running: Promise<void> = Promise.resolve();
  private snapshotDue = 0;
  private snapshotVersion = -1;

  constructor(
    private readonly name: string,
    private readonly kind: 'watch' | 'drop',
    private readonly redis: Redis,
    private readonly sealer: Sealer,
    /** Of our own and the other bridges' keys: what stands in Redis is believed only when a bridge signed it. */
    private readonly opener: Opener,
  ) {}

  /** Forgets what was published: another bridge may have published since. */
  reset(): void {
    this.held = undefined;
  }

  get version(): number | undefined {
    return this.held?.version;
  }

  /** Makes `items` the list. Resolves when Redis has it. */
  publish(items: readonly Item[]): Promise<void> {
    this.running = this.running
      .catch(() => undefined)
      .then(() => this.step(items))
      .catch((error: unknown) => {
        this.reset(); // who knows whether Redis has it: the next time the list is published whole
        throw error;
      });
    return this.running;
  }

  private async step(items: readonly Item[]): Promise<void> {
    const wanted = new Map(items.map((item) => [item.id, JSON.stringify(item)]));
    if (this.held === undefined) return this.whole(items, wanted, (await this.publishedVersion()) + 1);
    const { held } = this;
    const added = items.filter((item) => held.items.get(item.id) !== wanted.get(item.id));
    const removed = [...held.items.keys()].filter((id) => !wanted.has(id));
    if (added.length === 0 && removed.length === 0) return this.settle(items);
    const version = Math.max(held.version + 1, Date.now());
    const change: ListChange = {
      kind: 'change',
      list: this.name,
      version,
      base: held.version,
      watch: [],
      drop: [],
      remove: removed,
      [this.kind]: added,
    };
    const step = this.redis.multi().xadd(redisKeys.listChanges(this.name), 'MAXLEN', '~', KEEP_CHANGES, '*', 'e', this.seal(change));
    const now = Date.now();
    if (items.length <= SHORT || now >= this.snapshotDue) this.addSnapshot(step, items, version, now);
    await this.execute(step);
    this.held = { version, items: wanted };
  }

  /** Nothing to change; a snapshot that was put off is written, and boxes that lag are told the version. */
  private async settle(items: readonly Item[]): Promise<void> {
    if (this.held === undefined || this.snapshotVersion === this.held.version || Date.now() < this.snapshotDue) return;
    const step = this.redis.multi();
    this.addSnapshot(step, items, this.held.version, Date.now());
    await this.execute(step);
  }

  private async whole(items: readonly Item[], wanted: Map<string, string>, least: number): Promise<void> {
    const version = Math.max(least, Date.now());
    const step = this.redis.multi();
    this.addSnapshot(step, items, version, Date.now());
    this.addNudge(step, version);
    await this.execute(step);
    this.held = { version, items: wanted };
  }

  /** Writes the list as it is once more, for a box that says it holds another version, or a Redis that forgot. */
  async again(items: readonly Item[]): Promise<void> {
    this.reset();
    await this.publish(items);
  }

  private addSnapshot(step: ReturnType<Redis['multi']>, items: readonly Item[], version: number, now: number): void {
    const snapshot = { kind: 'snapshot', list: this.name, version, watch: [], drop: [], [this.kind]: items };
    step.set(redisKeys.list(this.name), this.seal(snapshot));
    this.snapshotVersion = version;
    this.snapshotDue = now + SNAPSHOT_EVERY_MS;
  }

  private addNudge(step: ReturnType<Redis['multi']>, version: number): void {
    const nudge: ListChange = { kind: 'change', list: this.name, version, base: version, watch: [], drop: [], remove: [] };
    step.xadd(redisKeys.listChanges(this.name), 'MAXLEN', '~', KEEP_CHANGES, '*', 'e', this.seal(nudge));
  }

  /** Versions never go back, also over a change of the leader. */
  private async publishedVersion(): Promise<number> {
    const raw = await answered(this.redis, `the list ${this.name}`, this.redis.get(redisKeys.list(this.name)));
    if (raw === null) return 0;
    const opened = this.opener.open(raw, ListSnapshot);
    return 'refused' in opened ? 0 : opened.body.version;
  }

  private seal(body: unknown): string {
    return JSON.stringify(this.sealer.seal(body));
  }

  private async execute(step: ReturnType<Redis['multi']>): Promise<void> {
    const failed = (await answered(this.redis, `the list ${this.name}`, step.exec()))?.find(([error]) => error !== null)?.[0];
    if (failed !== undefined && failed !== null) throw failed;
  }
}
