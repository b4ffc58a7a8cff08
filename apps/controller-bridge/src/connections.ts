import { DETECTION_JOB, DETECTIONS_QUEUE, REDIS_PREFIX } from '@guardpost/contracts';
import { createOnosClient, type OnosClient } from '@guardpost/intents';
import {
  BullQueue,
  connectRedis,
  durabilityProblems,
  newBoot,
  Opener,
  readKeyRing,
  readPrivateKey,
  Sealer,
  type QueuePort,
} from '@guardpost/platform';
import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { nowUs } from './clock.js';
import type { Settings } from './load-config.js';

/** The bridge's ends: everything that speaks to another process, and the keys that it speaks with. */
export class Connections {
  private readonly logger = new Logger('connections');
  readonly boot = newBoot();
  readonly redis: Redis;
  /** Of its own: it blocks. */
  readonly reader: Redis;
  readonly wakes: Redis;
  readonly queue: QueuePort;
  readonly onos: OnosClient;
  readonly boxes: Opener;
  readonly bridges: Opener;
  private readonly key;
  /** What Redis' settings put at risk; asked each time it comes back. */
  durability: readonly string[] = ['Redis was not asked yet'];

  constructor(private readonly settings: Settings) {
    const say = (of: string) => (message: string) => this.logger.warn(`${of}: ${message}`);
    this.redis = connectRedis(settings.redisUrl, say('Redis'));
    this.reader = connectRedis(settings.redisUrl, () => undefined);
    this.wakes = connectRedis(settings.redisUrl, () => undefined);
    this.redis.on('ready', () => void this.askDurability());
    this.queue = new BullQueue({
      name: DETECTIONS_QUEUE,
      jobName: DETECTION_JOB,
      prefix: REDIS_PREFIX,
      redisUrl: settings.redisUrl,
      onProblem: say('queue'),
    });
    this.onos = createOnosClient({ ...settings.onos, keepWarm: 4 });
    this.key = readPrivateKey(settings.keys.private);
    this.boxes = new Opener(readKeyRing(settings.keys.trusted));
    this.bridges = new Opener(readKeyRing(settings.keys.bridges));
  }

  /** Of one channel: each has its own numbers. */
  sealer(): Sealer {
    return new Sealer(this.settings.instance, this.key, this.boot, nowUs);
  }

  private async askDurability(): Promise<void> {
    try {
      this.durability = await durabilityProblems(this.redis);
      for (const problem of this.durability) this.logger.warn(problem);
    } catch (error) {
      this.durability = [`Redis does not tell its settings: ${error instanceof Error ? error.message : String(error)}`];
    }
  }

  problems(): string[] {
    return this.redis.status === 'ready' ? [...this.durability] : [`Redis is away (${this.redis.status})`];
  }

  close(): void {
    for (const redis of [this.redis, this.reader, this.wakes]) redis.disconnect();
    this.onos.close();
  }
}
