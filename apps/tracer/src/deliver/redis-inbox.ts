import { redisKeys } from '@guardpost/contracts';
import { answered, connectRedis, StreamReader, type StreamEntry } from '@guardpost/platform';
import type { Redis } from 'ioredis';

export interface InboxHandlers {
  snapshot(name: string, raw: string): void;
  /** False when the snapshot must be read. */
  change(name: string, raw: string): boolean;
  isBehind(name: string): boolean;
  acknowledgement(raw: string): void;
}

/** A list that stays behind is asked for again after so long. */
const ASK_AGAIN_MS = 500;
const START_AGAIN_MS = 500;
const STOP_WITHIN_MS = 500;

/** What bridges send to this box through Redis: its lists and their changes, and acknowledgements. */
export class RedisInbox {
  private reader: StreamReader | undefined;
  private readonly timer: NodeJS.Timeout;
  private readonly asking = new Set<string>();
  private stopped = false;

  constructor(
    private readonly redisUrl: string,
    private readonly redis: Redis,
    private readonly box: string,
    private readonly lists: readonly string[],
    private readonly handlers: InboxHandlers,
    private readonly onProblem: (message: string) => void,
  ) {
    this.timer = setInterval(() => this.askForThoseBehind(), ASK_AGAIN_MS);
  }

  /** Waits for Redis as long as it takes, and begins again where it refuses. */
  async start(): Promise<void> {
    while (!this.stopped) {
      try {
        return await this.begin();
      } catch (error) {
        this.onProblem(error instanceof Error ? error.message : String(error));
        await new Promise((resolve) => setTimeout(resolve, START_AGAIN_MS));
      }
    }
  }

  /** Positions are taken before the snapshots are read, so no change falls between. */
  private async begin(): Promise<void> {
    const positions = new Map<string, string>();
    for (const name of this.lists) positions.set(redisKeys.listChanges(name), await this.lastIdOf(redisKeys.listChanges(name)));
    // From the beginning: acknowledgements that came while this box was down empty its old spools.
    positions.set(redisKeys.toBox(this.box), '0-0');
    await Promise.all(this.lists.map((name) => this.readSnapshot(name)));
    if (this.stopped) return;
    this.reader = new StreamReader(
      connectRedis(this.redisUrl, this.onProblem),
      positions,
      (entries) => this.take(entries),
      (error) => this.onProblem(error instanceof Error ? error.message : String(error)),
    ).start();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    // A connection that waits to reconnect gives its reader no answer any more: don't wait for that one.
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, STOP_WITHIN_MS).unref());
    await Promise.race([this.reader?.stop(), timeout]);
  }

  private take(entries: readonly StreamEntry[]): void {
    for (const { stream, envelope } of entries) {
      if (stream === redisKeys.toBox(this.box)) this.handlers.acknowledgement(envelope);
      else {
        const name = this.lists.find((n) => redisKeys.listChanges(n) === stream);
        if (name !== undefined && !this.handlers.change(name, envelope)) void this.readSnapshot(name);
      }
    }
  }

  private async readSnapshot(name: string): Promise<void> {
    if (this.asking.has(name)) return;
    this.asking.add(name);
    try {
      const raw = await answered(this.redis, `the list ${name}`, this.redis.get(redisKeys.list(name)));
      if (raw !== null) this.handlers.snapshot(name, raw);
    } catch (error) {
      this.onProblem(`the list ${name} can't be read: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      this.asking.delete(name);
    }
  }

  private askForThoseBehind(): void {
    for (const name of this.lists) if (this.handlers.isBehind(name)) void this.readSnapshot(name);
  }

  private async lastIdOf(stream: string): Promise<string> {
    const last = await answered(this.redis, `the end of ${stream}`, this.redis.xrevrange(stream, '+', '-', 'COUNT', 1));
    return last[0]?.[0] ?? '0-0';
  }
}
