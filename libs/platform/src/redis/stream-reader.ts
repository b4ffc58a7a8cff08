import type { Redis } from 'ioredis';
import { answered } from './answered.js';

export interface StreamEntry {
  readonly stream: string;
  readonly id: string;
  /** The field `e` of the entry: an envelope as JSON. */
  readonly envelope: string;
}

const BLOCK_MS = 2_000;
const STOP_MS = 500;

/**
 * Reads Redis streams in order, from given positions on, as entries come. `redis` must be this reader's own connection:
 * it blocks. A handler that throws is called again with the same entries after a pause; a read that was lost is made again.
 */
export class StreamReader {
  private stopped = false;
  private done: Promise<void> | undefined;

  constructor(
    private readonly redis: Redis,
    private readonly positions: Map<string, string>,
    private readonly onEntries: (entries: readonly StreamEntry[]) => Promise<void> | void,
    private readonly onProblem: (error: unknown) => void,
  ) {}

  start(): this {
    this.done ??= this.run();
    return this;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      try {
        const streams = [...this.positions.keys()];
        const ids = streams.map((s) => this.positions.get(s) ?? '$');
        const answer = await answered(
          this.redis,
          'a read of streams',
          this.redis.xread('COUNT', 500, 'BLOCK', BLOCK_MS, 'STREAMS', ...streams, ...ids),
        );
        const entries = (answer ?? []).flatMap(([stream, rows]) =>
          rows.map(([id, fields]) => ({ stream, id, envelope: fields[fields.indexOf('e') + 1] ?? '' })),
        );
        if (entries.length === 0) continue;
        await this.onEntries(entries);
        for (const entry of entries) this.positions.set(entry.stream, entry.id);
      } catch (error) {
        if (this.stopped) return;
        this.onProblem(error);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  /** Waits for the entries in hand. A read that waits for a Redis that is away never settles: it is left after a moment. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.redis.disconnect();
    const patience = new Promise<void>((resolve) => setTimeout(resolve, STOP_MS).unref());
    await Promise.race([this.done, patience]);
  }
}
