import Bull, { type Queue } from 'bull';
import { Redis } from 'ioredis';
import { answered } from '../redis/answered.js';
import { watchConnection } from '../redis/watchdog.js';
import type { QueuePort } from './queue.port.js';

/** A dead worker's job is taken over once the lock has run out and two checks have seen it: 4 to 5 s. */
const LOCK_MS = 3_000;
const CONCURRENCY = 16;

export interface BullQueueOptions {
  readonly name: string;
  readonly jobName: string;
  readonly redisUrl: string;
  readonly prefix: string;
  readonly onProblem: (message: string) => void;
}

/** The one place that knows Bull. */
export class BullQueue implements QueuePort {
  private readonly queue: Queue<unknown>;
  private readonly connections: Redis[] = [];
  private consuming = false;

  constructor(private readonly options: BullQueueOptions) {
    this.queue = new Bull(options.name, {
      prefix: options.prefix,
      // Bull waits for its connections itself; an offline queue and a bounded wait for each would make it give up.
      createClient: () => {
        const client = new Redis(options.redisUrl, {
          maxRetriesPerRequest: null,
          enableReadyCheck: false,
          retryStrategy: (times) => Math.min(50 * times, 500),
          connectTimeout: 2_000,
          keepAlive: 5_000,
        });
        client.on('error', () => undefined); // said once by the queue's own `error` event
        watchConnection(client);
        this.connections.push(client);
        return client;
      },
      // maxStalledCount: the default (1) fails a job at its second crash. A crash is never the job's fault.
      settings: {
        lockDuration: LOCK_MS,
        lockRenewTime: LOCK_MS / 2,
        stalledInterval: 1_000,
        maxStalledCount: 2 ** 31,
        drainDelay: 1,
        retryProcessDelay: 500, // a Redis that is still loading says no to every worker: with the default all are deaf for 5 s
        guardInterval: 1_000, // the event of a job to be tried again may be lost with a connection
      },
    });
    let told = '';
    this.queue.on('error', (error) => {
      if (error.message !== told) options.onProblem((told = error.message));
    });
  }

  async add(id: string, payload: unknown): Promise<void> {
    const adding = this.queue.add(this.options.jobName, payload, {
      jobId: id,
      removeOnComplete: true,
      attempts: Number.MAX_SAFE_INTEGER, // never given up silently
      backoff: { type: 'fixed', delay: 500 },
    });
    await answered(this.queue.client, `adding ${id}`, adding);
  }

  consume(handler: (payload: unknown, id: string) => Promise<void>): void {
    if (this.consuming) throw new Error(`queue ${this.options.name} already has a consumer`);
    this.consuming = true;
    // process() settles when the queue is closed; its errors arrive as events.
    void this.queue.process(this.options.jobName, CONCURRENCY, (job) => handler(job.data, String(job.id)));
  }

  async depth(): Promise<number> {
    const counts = await this.queue.getJobCounts();
    return counts.waiting + counts.active + counts.delayed;
  }

  /** Waits for the jobs in hand, at most 3 s: an unfinished one is taken over by the next consumer. */
  async close(): Promise<void> {
    const closing = this.queue.close().catch(() => undefined);
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, 3_000).unref());
    await Promise.race([closing, timeout]);
    for (const connection of this.connections) connection.disconnect();
  }
}
