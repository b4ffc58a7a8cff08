import type { ProtectedEndpoint, Tap } from '@guardpost/bpf';
import type { WatchItem } from '@guardpost/contracts';
import type { Clock } from '@guardpost/detect';
import { Applier } from './applier.js';
import type { DropStateReport } from './drop-state.js';
import { dropsInForce, watchInForce } from './in-force.js';
import type { ListStore } from './list-store.js';
import { toSnapshot, type Lists } from './lists.js';

const SAVE_REST = 20;
const SAVE_WITHIN_US = 60_000_000;

export interface EnforcementParts {
  readonly tap: Pick<Tap, 'setWatch' | 'setDrops'>;
  readonly store: ListStore;
  readonly dropState: DropStateReport;
  readonly clock: Clock;
  readonly protect: readonly ProtectedEndpoint[];
  readonly setRules: (rules: ReadonlyMap<number, WatchItem>) => void;
  readonly onProblem: (message: string) => void;
}

/** Brings the lists that are held into the kernel, and keeps them on disk for the next start. */
export class Enforcement {
  private readonly watch: Applier;
  private readonly drop: Applier;
  private readonly save: Applier;
  private readonly saved = new Map<string, number>();
  private saveNotBefore = 0;

  constructor(
    readonly lists: Lists,
    private readonly parts: EnforcementParts,
  ) {
    const now = (): number => parts.clock.nowUs();
    this.watch = new Applier(
      () => this.applyWatch(),
      now,
      (p) => parts.onProblem(`the watch list can't be loaded: ${p}`),
    );
    this.drop = new Applier(
      () => this.applyDrops(),
      now,
      (p) => parts.onProblem(`the drop list can't be loaded: ${p}`),
    );
    this.save = new Applier(
      () => this.saveAll(),
      now,
      (p) => parts.onProblem(`the lists can't be saved: ${p}`),
    );
  }

  /** The lists of the last run. A file that can't be used is left alone and the list comes from Redis. */
  readFromDisk(): void {
    const { watch, drop } = this.lists;
    for (const list of [watch, drop]) {
      try {
        const kept = this.parts.store.load(list.name);
        if (kept === undefined) continue;
        if (list === watch) watch.snapshot(kept.version, kept.watch);
        else drop.snapshot(kept.version, kept.drop);
      } catch (error) {
        this.parts.onProblem(`the kept list ${list.name} is not used: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    for (const list of [watch, drop]) this.saved.set(list.name, list.version);
    this.setRules(); // the kernel may go on by a list of the last run before this one is loaded
  }

  /** Brings what was read from disk into the kernel. */
  async apply(): Promise<void> {
    const { watch, drop } = this.lists;
    // A list that was never received is not loaded: the kernel keeps what it has.
    await Promise.all([watch.version >= 0 ? this.watch.request() : undefined, drop.version >= 0 ? this.drop.request() : undefined]);
  }

  /** A list has a new version. */
  held(name: string): void {
    void (name === this.lists.watch.name ? this.watch : this.drop).request().then(() => this.save.request());
  }

  problems(): string[] {
    return [
      ...[this.watch, this.drop, this.save].flatMap((a) => a.problem ?? []),
      ...[this.lists.watch, this.lists.drop].filter((l) => l.version < 0).map((l) => `no list ${l.name} was received yet`),
    ];
  }

  async stop(): Promise<void> {
    await Promise.all([this.watch.stop(), this.drop.stop()]);
    await this.save.stop();
    await this.saveAll(true).catch((error: unknown) => this.parts.onProblem(String(error)));
  }

  private async applyWatch(): Promise<number> {
    const { entries, changesAt } = watchInForce(this.lists.watch, this.parts.clock.nowUs());
    this.setRules();
    await this.parts.tap.setWatch(entries);
    return changesAt;
  }

  /** Known to the detector before the kernel can name them; all that are held, for what just ended may still be on its way. */
  private setRules(): void {
    this.parts.setRules(new Map([...this.lists.watch.entries.values()].map(({ item }) => [item.rule, item])));
  }

  private async applyDrops(): Promise<number> {
    const version = this.lists.drop.version;
    const { entries, changesAt } = dropsInForce(this.lists.drop, this.parts.clock);
    await this.parts.tap.setDrops(entries, [...this.parts.protect]);
    this.parts.dropState.applied(version);
    return changesAt;
  }

  /** A list that takes long to write is written less often: 5 % of the time at most. Never later than a minute, and at the end. */
  private async saveAll(isLast = false): Promise<number> {
    const began = this.parts.clock.nowUs();
    if (!isLast && began < this.saveNotBefore) return this.saveNotBefore;
    for (const list of [this.lists.watch, this.lists.drop]) {
      const version = list.version;
      if (version < 0 || this.saved.get(list.name) === version) continue;
      await this.parts.store.save(toSnapshot(list, this.lists));
      this.saved.set(list.name, version);
    }
    const now = this.parts.clock.nowUs();
    this.saveNotBefore = now + Math.min(SAVE_REST * (now - began), SAVE_WITHIN_US);
    return Infinity;
  }
}
